# code.awk - what the other checks share: C source without its comments and texts, and reporting.

# The code on this line: comments become a space, what stands between quotes is dropped. Call it for
# every line of a file, in order.
function code_of(line,    out, two)
{
    if (FNR == 1)
        in_comment = 0
    out = ""
    for (;;) {
        if (in_comment) {
            if (index(line, "*/") == 0)
                return out
            line = substr(line, index(line, "*/") + 2)
            in_comment = 0
            out = out " "
        }
        if (!match(line, /["']|\/\*|\/\//))
            return out line
        two = substr(line, RSTART, 2)
        out = out substr(line, 1, RSTART - 1)
        line = substr(line, RSTART)
        if (two == "//")
            return out
        if (two == "/*") {
            in_comment = 1
            line = substr(line, 3)
            continue
        }
        out = out substr(two, 1, 1) substr(two, 1, 1)
        if (substr(two, 1, 1) == "\"" ? !match(line, /^"([^"\\]|\\.)*"/) : !match(line, /^'([^'\\]|\\.)*'/))
            return out
        line = substr(line, RLENGTH + 1)
    }
}

function bad(what)
{
    printf "%s:%d: %s\n", FILENAME, FNR, what
    status = 1
}

# Does the code call one of these functions (an alternation)? Members such as t->free() are others.
function calls(code, names)
{
    return match(" " code, "[^A-Za-z0-9_.>](" names ")[ ]*\\(")
}

END { exit status }
