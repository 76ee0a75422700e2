# layers.awk - who may include whom. With code.awk; file names are relative to the project.
#
# A file includes only its own folder and folders of a lower number; the same number means strangers.

BEGIN {
    for (i = split(public, list, " "); i > 0; i--)
        public_header[list[i]]
    rank["core"] = 0
    rank["num"] = 1
    rank["data"] = 2
    rank["prep"] = rank["metric"] = rank["loss"] = 3
    rank["tree"] = 4
    rank["learn"] = 5
    rank["ensemble"] = 6
    rank["select"] = 7
    rank["explain"] = 8
    rank["io"] = 9

    # Folders that may use a library.
    user["gsl/"] = user["Random123/"] = user["cblas.h"] = "num"
    user["csv.h"] = "data"
    user["jansson.h"] = "io cli"
    user["zlib.h"] = user["omp.h"] = "core"
    user["check.h"] = ""
}

FNR == 1 {
    split(FILENAME, part, "/")
    folder = part[1] == "src" ? part[2] : part[1]
    is_library = part[1] == "src" && folder != "cli"
}

# An include of a file in src/<from>/.
function check_folder(from)
{
    if (folder == from)
        return
    if (!is_library)
        bad(folder " uses public headers only, not " from "/")
    else if (!(folder in rank))
        bad("folder src/" folder " has no place in the table of layers")
    else if (rank[from] >= rank[folder])
        bad("layer " folder " (" rank[folder] ") includes " from " (" rank[from] ")")
}

function check_include(path,    top)
{
    top = path
    sub(/\/.*/, "/", top)
    # Of an include of ensemble/x.h only the public one counts: src/ensemble has no header of that name.
    if (top == "ensemble/" && (path in public_header) || path == "ensemble.h")
        return
    if (top in user && index(" " user[top] " ", " " folder " ") == 0)
        bad(path " belongs to " (user[top] == "" ? "tests" : "src/" user[top]) " alone")
    sub(/\/$/, "", top)
    if (top in rank && index(path, "/"))
        check_folder(top)
    else if (top == "cli" && folder != "cli")
        check_folder("cli")
    else if (part[1] == "include" && index(path, "/") && top != "sys")
        bad("a public header includes only ensemble/ and the C library, not " path)
}

{
    commented = FNR > 1 && in_comment
    code = code_of($0)
    if (!commented && $0 ~ /^[ \t]*#[ \t]*include[ \t]*[<"]/) {
        path = $0
        sub(/^[^<"]*[<"]/, "", path)
        sub(/[>"].*/, "", path)
        check_include(path)
    }
    if (is_library && FILENAME != "src/core/mem.c" &&
        calls(code, "malloc|calloc|realloc|reallocarray|free|strdup|strndup|aligned_alloc|posix_memalign|alloca|asprintf|vasprintf|getline|getdelim|open_memstream"))
        bad("memory comes from core/mem.h only")
}
