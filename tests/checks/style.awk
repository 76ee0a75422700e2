# style.awk - the rules of style that a script can see. With code.awk; file names are relative to the
# project.
#
# A function is what stands between a { and a } in the first column. One of more than 80 lines needs a
# comment above it with `long: REASON`, and then may have 120.

BEGIN {
    max_line = 120
    max_file = 800
    max_example = 80
    max_function = 80
    max_long_function = 120
}

function check_length_of_last_file()
{
    if (last_file ~ /^examples\// && last_length > max_example)
        late(last_file, last_length, "an example of " last_length " lines, at most " max_example)
    else if (last_length > max_file)
        late(last_file, last_length, "a file of " last_length " lines, at most " max_file)
    if (last_file ~ /^(src|tests|examples)\/.*\.c$/ && last_includes == 0)
        late(last_file, 1, "nothing is included, not even config.h")
}

function late(file, line, what)
{
    printf "%s:%d: %s\n", file, line, what
    status = 1
}

# It begins with its story: "/* name.c - what it is".
function check_story(    name)
{
    name = FILENAME
    sub(/.*\//, "", name)
    if (index($0, "/* " name " - ") != 1)
        bad("the first line is not \"/* " name " - its story\"")
}

function check_function(    length_of, limit)
{
    length_of = FNR - start + 1
    limit = long_reason && long_reason >= start - 20 ? max_long_function : max_function
    if (length_of > limit)
        bad("a function of " length_of " lines, at most " limit)
    long_reason = 0
}

FNR == 1 {
    if (NR > 1)
        check_length_of_last_file()
    last_file = FILENAME
    last_includes = 0
    start = 0
    long_reason = 0
    split(FILENAME, part, "/")
    is_library = part[1] == "src" && part[2] != "cli"
    check_story()
}

{
    last_length = FNR
    code = code_of($0)
}

length($0) > max_line { bad("a line of " length($0) " characters, at most " max_line) }
/\t/ { bad("a tab") }
/[ \t\r]$/ { bad("blanks at the end of the line") }
/TODO|FIXME|(^|[^X])XXX([^X]|$)/ { bad("finish it now, or file an issue") }
/long: / { long_reason = FNR }

code ~ /^[ ]*#[ ]*include/ {
    if (last_includes++ == 0 && FILENAME ~ /^(src|tests)\/.*\.c$/ && $0 !~ /<config\.h>/)
        bad("config.h is included first")
}

/^{/ { start = FNR }
/^}/ {
    if (start)
        check_function()
    start = 0
}

code ~ /(^|[^A-Za-z0-9_])goto / && code !~ /goto done;/ { bad("the one exit is labelled done") }
calls(code, "sprintf|vsprintf|strcpy|strcat|strtok|gets|atoi|atof|atol|rand|srand|random") {
    bad("unsafe, dependent on the locale or on global state")
}

is_library && calls(code, "printf|vprintf|puts|putchar|perror|exit|_exit|_Exit|quick_exit|abort|err|errx|warn|warnx|signal|sigaction") {
    bad("the library neither prints nor exits")
}
is_library && code ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/ { bad("the library does not print") }
is_library && FILENAME != "src/core/cpu.c" && calls(code, "getenv|secure_getenv|setenv|putenv|setlocale|system") {
    bad("the library leaves the environment alone")
}
is_library && part[2] != "core" && calls(code, "strtod|strtof|strtold|sscanf") {
    bad("numbers are read by ens__number_parse(), whatever the locale")
}
code ~ /^[ ]*#[ ]*pragma[ ]+omp/ && is_library && FILENAME != "src/core/par.c" && code !~ /default\(none\)/ {
    bad("parallel work is ens__par_for()")
}

END {
    if (NR > 0)
        check_length_of_last_file()
}
