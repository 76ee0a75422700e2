/* recipe.c - recipes: parsing, printing, copying, setting by path.
 *
 *     recipe := step { "|" step }
 *     step   := name [ "(" arg { "," arg } ")" ]
 *     arg    := key "=" value | recipe
 *
 * A recipe inside the parentheses is a member.  Before a bar stands a transform; steps with bars between them are the
 * members of a `pipeline`, a type that has no other spelling. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/pipeline.h>
#include <string.h>

#define MAX_NESTING 32

ens_status ens__learner_new(ens_learner **out, const ens_learner_type *type,
                            ens_error *err)
{
    ens_learner *l = ens__zeros(1, sizeof *l);
    ens_status st;

    *out = NULL;
    if (l == NULL || (l->params = ens__zeros(1, type->params_size)) == NULL) {
        ens__free(l);
        return ens__nomem(err);
    }
    l->type = type;
    if ((st = ens__params_init(l->params, type->params, err)) != ENS_OK) {
        ens__free(l->params);
        ens__free(l);
        return st;
    }
    *out = l;
    return ENS_OK;
}

void ens_learner_free(ens_learner *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->n_members; i++)
        ens_learner_free(l->member[i]);
    ens__free(l->member);
    ens__params_clear(l->params, l->type->params);
    ens__free(l->params);
    ens__free(l);
}

ens_status ens__learner_add(ens_learner *l, ens_learner *member, ens_error *err)
{
    ens_learner **more = ens__resize(l->member, l->n_members + 1, sizeof *more);

    if (more == NULL) {
        ens_learner_free(member);
        return ens__nomem(err);
    }
    l->member = more;
    l->member[l->n_members++] = member;
    return ENS_OK;
}

/* ---- Limits ---------------------------------------------------------------------------------------- */

static ens_status check_members(const ens_learner *l, ens_error *err)
{
    const ens_learner_type *type = l->type;

    if (l->n_members > 0 && type->max_members == 0)
        return ens__fail(err, ENS_EPARSE, "%s takes no members, found %s", type->name,
                         l->member[0]->type->name);
    if (l->n_members < type->min_members)
        return ens__fail(err, ENS_EPARSE,
                         "%s needs %u member%s, as in %s(tree); found %zu", type->name,
                         type->min_members, type->min_members == 1 ? "" : "s", type->name,
                         l->n_members);
    if (l->n_members > type->max_members)
        return ens__fail(err, ENS_EPARSE, "%s takes at most %u member%s, found %zu",
                         type->name, type->max_members, type->max_members == 1 ? "" : "s",
                         l->n_members);
    for (size_t i = 0; i < l->n_members; i++) {
        bool is_step = type == &ens__pipeline_type && i + 1 < l->n_members;

        if ((l->member[i]->type->transform != NULL) != is_step)
            return ens__fail(err, ENS_EPARSE, is_step ? "%s is no transform"
                                                      : "%s is a transform: a learner must follow, as in `%s | tree`",
                             l->member[i]->type->name, l->member[i]->type->name);
        if ((type->caps & ENS_OF_REGRESSORS) != 0 &&
            (ens__learner_caps(l->member[i]) & ENS_REGRESSES) == 0)
            return ens__fail(err, ENS_EPARSE, "members of %s predict numbers, %s does not",
                             type->name, l->member[i]->type->name);
    }
    return ENS_OK;
}

const ens_list *ens__learner_quantiles(const ens_learner *l)
{
    l = ens__learner_last(l);
    return l->type->asks_quantiles != NULL ? l->type->asks_quantiles(l->params) : NULL;
}

ens_status ens__check_quantiles(const ens_list *q, const char *owner, ens_error *err)
{
    for (size_t i = 0; i < q->n; i++) {
        if (!(q->v[i] > 0 && q->v[i] < 1))
            return ens__fail(err, ENS_ERANGE, "%s: quantile %zu is %g, outside (0, 1)",
                             owner, i + 1, q->v[i]);
        if (i > 0 && !(q->v[i] > q->v[i - 1]))
            return ens__fail(err, ENS_ERANGE,
                             "%s: quantile %zu is %g, not above the one before, %g",
                             owner, i + 1, q->v[i], q->v[i - 1]);
    }
    return q->n > 0 ? ENS_OK : ens__fail(err, ENS_ERANGE, "%s: no quantile", owner);
}

/* A member's quantiles would go nowhere: what is made of members takes their predictions. */
static ens_status check_quantiles(const ens_learner *l, ens_error *err)
{
    for (size_t i = 0; i < l->n_members && l->type != &ens__pipeline_type; i++)
        if (ens__learner_quantiles(l->member[i]) != NULL)
            return ens__fail(err, ENS_ERANGE,
                             "%s.quantiles: a member of %s predicts its mean only",
                             ens__learner_last(l->member[i])->type->name, l->type->name);
    return ENS_OK;
}

/* What this learner alone must keep, its members apart. */
static ens_status check_one(const ens_learner *l, ens_error *err)
{
    ens_status st = check_members(l, err);

    if (st == ENS_OK)
        st = check_quantiles(l, err);
    if (st == ENS_OK && l->type->check != NULL)
        st = l->type->check(l->params, err);
    return st;
}

ens_status ens__learner_check(const ens_learner *l, ens_error *err)
{
    ens_status st = check_one(l, err);

    for (size_t i = 0; st == ENS_OK && i < l->n_members; i++)
        st = ens__learner_check(l->member[i], err);
    return st;
}

/* What the caps of a member leave to what it is a member of. */
static unsigned caps_left(unsigned member, unsigned caps)
{
    if ((caps & ENS_OF_REGRESSORS) != 0) {
        member &= ~(unsigned)(ENS_CLASSIFIES | ENS_TAKES_ONE_CLASS);
        member |= (member & ENS_REGRESSES) != 0 ? ENS_CLASSIFIES : 0;
    }
    return member | ENS_OF_MEMBERS | ENS_OF_REGRESSORS;
}

/* What takes any missing values takes missing levels. */
static unsigned with_levels(unsigned caps)
{
    return (caps & ENS_TAKES_MISSING) != 0 ? caps | ENS_TAKES_MISSING_LEVELS : caps;
}

/* What the learner takes of what the transforms give. */
static unsigned pipeline_caps(const ens_learner *l)
{
    unsigned any = ENS_TAKES_MISSING | ENS_TAKES_MISSING_LEVELS | ENS_TAKES_CATEGORIES |
                   ENS_TAKES_NUMBERS;
    unsigned caps = ens__learner_caps(l->member[l->n_members - 1]);

    caps &= ~(unsigned)(ENS_OF_MEMBERS | ENS_OF_REGRESSORS | ENS_CHECKPOINTS | ENS_TAKES_LONG_BLOCKS);
    for (size_t s = l->n_members - 1; s-- > 0;) {
        const ens_learner_type *step = l->member[s]->type;
        unsigned gives = step->transform->gives;

        if ((gives & ENS_GIVES_NUMBERS) != 0 && (caps & ENS_TAKES_MISSING) == 0)
            caps &= ~(unsigned)ENS_TAKES_MISSING_LEVELS; /* they would be missing numbers */
        if ((gives & ENS_GIVES_LEVELS) != 0)
            caps |= ENS_TAKES_MISSING_LEVELS;
        if ((gives & ENS_GIVES_NO_GAPS) != 0)
            caps |= ENS_TAKES_MISSING | ENS_TAKES_MISSING_LEVELS;
        if ((gives & ENS_GIVES_NUMBERS) != 0)
            caps = (caps & ENS_TAKES_NUMBERS) != 0 ? caps | ENS_TAKES_CATEGORIES
                                                   : caps & ~(unsigned)ENS_TAKES_CATEGORIES;
        if ((gives & ENS_GIVES_WHOLE_ROWS) != 0)
            caps |= ENS_FITS_MISSING;
        if ((gives & ENS_GIVES_SCALED) != 0)
            caps &= ~(unsigned)ENS_WANTS_SCALED;
        caps &= with_levels(step->caps) | ~any;
    }
    return caps;
}

unsigned ens__learner_caps(const ens_learner *l)
{
    unsigned caps = l->type->caps, wants = 0;

    if (l->type == &ens__pipeline_type)
        return pipeline_caps(l);
    if ((caps & ENS_OF_MEMBERS) == 0)
        return with_levels(caps);
    for (size_t i = 0; i < l->n_members; i++)
        wants |= ens__learner_caps(l->member[i]) & ENS_WANTS_SCALED;
    caps |= ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES | ENS_TAKES_WEIGHTS |
            ENS_TAKES_ONE_CLASS | ENS_TAKES_NUMBERS | ENS_TAKES_MISSING_LEVELS;
    for (size_t i = 0; i < l->n_members; i++)
        caps &= caps_left(ens__learner_caps(l->member[i]), l->type->caps);
    if (l->n_members == 0) /* then they are trees */
        caps &= caps_left(ens__tree_type.caps, l->type->caps);
    return with_levels(caps | (l->type->caps & (ENS_TAKES_WEIGHTS | ENS_TAKES_OFFSET)) |
                       wants);
}

int ens_learner_suits(const ens_learner *l, ens_task task)
{
    unsigned cap = task == ENS_TASK_CLASSIFICATION ? ENS_CLASSIFIES
                   : task == ENS_TASK_REGRESSION   ? ENS_REGRESSES
                   : task == ENS_TASK_ANOMALY      ? ENS_DETECTS
                                                   : 0;

    return (ens__learner_caps(l) & cap) != 0;
}

/* ---- Parsing ----------------------------------------------------------------------------------------- */

static ens_status parse_recipe(ens_learner **out, ens__lexer *lx, int depth,
                               ens_error *err);

/* Whether the lexer stands at `key =`. */
static bool at_key(const ens__lexer *lx)
{
    ens__lexer ahead = *lx;

    return lx->token.kind == ENS__TOKEN_WORD && ens__lexer_next(&ahead, NULL) == ENS_OK &&
           ens__lexer_is(&ahead, "=");
}

static ens_status parse_arg(ens_learner *l, uint64_t *seen, ens__lexer *lx, int depth,
                            ens_error *err)
{
    ens_learner *member = NULL;
    ens_status st;

    if (at_key(lx))
        return ens__param_assign(l->params, l->type->params, l->type->name, seen, lx,
                                 err);
    if ((st = parse_recipe(&member, lx, depth + 1, err)) != ENS_OK)
        return st;
    return ens__learner_add(l, member, err);
}

/* "(" args ")"; the lexer stands at the parenthesis. */
static ens_status parse_args(ens_learner *l, ens__lexer *lx, int depth, ens_error *err)
{
    uint64_t seen = 0;
    ens_status st = ens__lexer_next(lx, err);

    while (st == ENS_OK && !ens__lexer_is(lx, ")")) {
        if ((st = parse_arg(l, &seen, lx, depth, err)) != ENS_OK)
            break;
        if (ens__lexer_is(lx, ","))
            st = ens__lexer_next(lx, err);
        else if (!ens__lexer_is(lx, ")"))
            st = ens__lexer_unexpected(lx, "`,` or `)`", err);
    }
    return st == ENS_OK ? ens__lexer_next(lx, err) : st;
}

/* check_one() with the place in the line. */
static ens_status check_parsed(const ens_learner *l, size_t column, ens_error *err)
{
    ens_status st = check_one(l, err);

    if (st != ENS_OK && err != NULL) {
        err->line = 1;
        err->column = column;
    }
    return st;
}

static ens_status parse_step(ens_learner **out, ens__lexer *lx, int depth, ens_error *err)
{
    ens__token name = lx->token;
    const ens_learner_type *type;
    ens_learner *l = NULL;
    ens_status st;

    if (depth > MAX_NESTING)
        return ens__fail_at(err, ENS_EPARSE, 1, name.column,
                            "column %zu: recipes nest at most %d deep", name.column,
                            MAX_NESTING);
    if (name.kind != ENS__TOKEN_WORD)
        return ens__lexer_unexpected(lx, "the name of a learner", err);
    if ((type = ens__type_find(name.s, name.n)) == NULL)
        return ens__type_unknown(&name, err);
    if ((st = ens__learner_new(&l, type, err)) != ENS_OK ||
        (st = ens__lexer_next(lx, err)) != ENS_OK)
        goto done;
    if (ens__lexer_is(lx, "(") && (st = parse_args(l, lx, depth, err)) != ENS_OK)
        goto done;
    if (ens__lexer_is(lx, "|") && type->transform == NULL)
        st = ens__fail_at(err, ENS_ENAME, 1, name.column,
                          "column %zu: no transform is called `%s`", name.column,
                          type->name);
    else if (!ens__lexer_is(lx, "|") && type->transform != NULL)
        st = ens__fail_at(err, ENS_EPARSE, 1, name.column,
                          "column %zu: %s is a transform: a learner must follow, as in `%s | tree`",
                          name.column, type->name, type->name);
    else
        st = check_parsed(l, name.column, err);
    if (st == ENS_OK) {
        *out = l;
        l = NULL;
    }
done:
    ens_learner_free(l);
    return st;
}

static ens_status parse_recipe(ens_learner **out, ens__lexer *lx, int depth,
                               ens_error *err)
{
    size_t column = lx->token.column;
    ens_learner *l = NULL, *step = NULL;
    ens_status st = parse_step(&step, lx, depth, err);

    if (st != ENS_OK)
        return st;
    if (!ens__lexer_is(lx, "|")) {
        *out = step;
        return ENS_OK;
    }
    if ((st = ens__learner_new(&l, &ens__pipeline_type, err)) != ENS_OK) {
        ens_learner_free(step);
        return st;
    }
    st = ens__learner_add(l, step, err);
    while (st == ENS_OK && ens__lexer_is(lx, "|"))
        if ((st = ens__lexer_next(lx, err)) == ENS_OK &&
            (st = parse_step(&step, lx, depth, err)) == ENS_OK)
            st = ens__learner_add(l, step, err);
    if (st == ENS_OK)
        st = check_parsed(l, column, err);
    if (st == ENS_OK)
        *out = l;
    else
        ens_learner_free(l);
    return st;
}

ens_status ens_learner_parse(ens_learner **out, const char *recipe, ens_error *err)
{
    ens_learner *l = NULL;
    ens__lexer lx;
    ens_status st;

    *out = NULL;
    if (recipe == NULL)
        return ens__fail(err, ENS_EINVAL, "the recipe is NULL");
    if ((st = ens__lexer_init(&lx, recipe, err)) != ENS_OK ||
        (st = parse_recipe(&l, &lx, 0, err)) != ENS_OK)
        return st;
    if (lx.token.kind != ENS__TOKEN_END) {
        ens_learner_free(l);
        return ens__lexer_unexpected(&lx, "the end of the recipe", err);
    }
    *out = l;
    return ENS_OK;
}

/* ---- Copying and printing ------------------------------------------------------------------------------ */

ens_status ens_learner_copy(ens_learner **out, const ens_learner *from, ens_error *err)
{
    ens_learner *l = ens__zeros(1, sizeof *l);
    ens_status st = ENS_OK;

    *out = NULL;
    if (l == NULL || (l->params = ens__zeros(1, from->type->params_size)) == NULL) {
        ens__free(l);
        return ens__nomem(err);
    }
    l->type = from->type;
    if ((st = ens__params_copy(l->params, from->params, from->type->params, err)) !=
        ENS_OK)
        goto done;
    for (size_t i = 0; i < from->n_members; i++) {
        ens_learner *member;

        if ((st = ens_learner_copy(&member, from->member[i], err)) != ENS_OK ||
            (st = ens__learner_add(l, member, err)) != ENS_OK)
            goto done;
    }
    *out = l;
    l = NULL;
done:
    ens_learner_free(l);
    return st;
}

static void print_recipe(ens__buf *b, const ens_learner *l, ens_print what)
{
    const char *before = "(";

    if (l->type == &ens__pipeline_type) {
        for (size_t i = 0; i < l->n_members; i++) {
            ens__buf_puts(b, i > 0 ? " | " : "");
            print_recipe(b, l->member[i], what);
        }
        return;
    }
    ens__buf_puts(b, l->type->name);
    for (size_t i = 0; i < l->n_members; i++, before = ", ") {
        ens__buf_puts(b, before);
        print_recipe(b, l->member[i], what);
    }
    for (const ens_param *p = l->type->params; p->name != NULL; p++) {
        if (what == ENS_PRINT_SHORT && ens__param_is_default(l->params, p))
            continue;
        ens__buf_printf(b, "%s%s=", before, p->name);
        ens__param_print(b, l->params, p);
        before = ", ";
    }
    if (before[0] == ',')
        ens__buf_puts(b, ")");
}

ens_status ens_learner_print(char **out, const ens_learner *l, ens_print what,
                             ens_error *err)
{
    ens__buf b = {0};

    print_recipe(&b, l, what);
    return ens__buf_take(out, &b, err);
}

void ens_string_free(char *s)
{
    ens__free(s);
}

/* ---- By path --------------------------------------------------------------------------------------------- */

ens_learner *ens__learner_last(const ens_learner *l)
{
    return l->type == &ens__pipeline_type ? l->member[l->n_members - 1]
                                          : (ens_learner *)(uintptr_t)l;
}

/* The member that one step of a path names, by place or by type. */
static ens_status find_member(ens_learner **out, const ens_learner *l, const char *s,
                              size_t n, ens_error *err)
{
    ens_learner *found = NULL;
    double place;

    if (s[0] >= '0' && s[0] <= '9') {
        if (!ens__number_parse(&place, s, n) || place >= (double)l->n_members)
            return ens__fail(err, ENS_ENAME, "%s has %zu member%s, none at `%.*s`",
                             l->type->name, l->n_members, l->n_members == 1 ? "" : "s",
                             (int)n, s);
        *out = l->member[(size_t)place];
        return ENS_OK;
    }
    for (size_t i = 0; i < l->n_members; i++) {
        const char *name = ens__learner_last(l->member[i])->type->name;

        if (strlen(name) != n || memcmp(name, s, n) != 0)
            continue;
        if (found != NULL)
            return ens__fail(err, ENS_ENAME,
                             "%s has several members called `%s`: use their places",
                             l->type->name, name);
        found = l->member[i];
    }
    if (found == NULL)
        return ens__fail(err, ENS_ENAME, "%s has no member called `%.*s`", l->type->name,
                         (int)n, s);
    *out = found;
    return ENS_OK;
}

/* The learner and parameter at a path. */
static ens_status resolve(ens_learner **owner, const ens_param **param,
                          const ens_learner *root, const char *path, ens_error *err)
{
    ens_learner *at =
        (ens_learner *)(uintptr_t)root; /* const again in ens_learner_get() */
    const char *dot;
    ens_status st;

    for (; (dot = strchr(path, '.')) != NULL; path = dot + 1)
        if ((st = find_member(&at, at, path, (size_t)(dot - path), err)) != ENS_OK)
            return st;
    *owner = at = ens__learner_last(at);
    if ((*param = ens__param_find(at->type->params, path, strlen(path))) == NULL) {
        ens__token name = {ENS__TOKEN_WORD, path, strlen(path), 1};

        return ens__param_unknown(at->type->params, at->type->name, &name, err);
    }
    return ENS_OK;
}

ens_status ens_learner_set(ens_learner *learner, const char *path, const char *value,
                           ens_error *err)
{
    ens_learner *l = NULL;
    const ens_param *p = NULL;
    void *params = NULL, *old;
    ens__lexer lx;
    ens_status st;

    if ((st = resolve(&l, &p, learner, path, err)) != ENS_OK)
        return st;
    if ((params = ens__zeros(1, l->type->params_size)) == NULL)
        return ens__nomem(err);
    if ((st = ens__params_copy(params, l->params, l->type->params, err)) != ENS_OK)
        goto done;
    if ((st = ens__lexer_init(&lx, value, err)) == ENS_OK &&
        (st = ens__param_parse(params, p, l->type->name, &lx, err)) == ENS_OK) {
        if (lx.token.kind != ENS__TOKEN_END)
            st = ens__lexer_unexpected(&lx, "the end of the value", err);
        else if (l->type->check != NULL)
            st = l->type->check(params, err);
    }
    if (st == ENS_OK) {
        old = l->params;
        l->params = params;
        params = old;
    }
    ens__params_clear(params, l->type->params);
done:
    ens__free(params);
    return st;
}

ens_status ens_learner_get(char **out, const ens_learner *learner, const char *path,
                           ens_error *err)
{
    ens_learner *l = NULL;
    const ens_param *p = NULL;
    ens__buf b = {0};
    ens_status st;

    *out = NULL;
    if ((st = resolve(&l, &p, learner, path, err)) != ENS_OK)
        return st;
    ens__param_print(&b, l->params, p);
    return ens__buf_take(out, &b, err);
}

const char *ens_learner_name(const ens_learner *l)
{
    return l->type->name;
}

size_t ens_learner_n_members(const ens_learner *l)
{
    return l->n_members;
}

const ens_learner *ens_learner_member(const ens_learner *l, size_t i)
{
    return i < l->n_members ? l->member[i] : NULL;
}

const void *ens_learner_params(const ens_learner *l)
{
    return l->params;
}
