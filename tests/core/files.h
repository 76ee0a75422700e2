/* files.h - a directory of its own for each test, and small files in it. */
#ifndef TESTS_CORE_FILES_H
#define TESTS_CORE_FILES_H

#include "run.h"
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char test_dir[256];

static inline void make_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    int i = 0;

    do
        ck_assert_uint_lt(
            (size_t)snprintf(test_dir, sizeof test_dir, "%s/ens-test-%ld-%d",
                             tmp != NULL ? tmp : "/tmp", (long)getpid(), i++),
            sizeof test_dir);
    while (mkdir(test_dir, 0700) != 0 && errno == EEXIST);
    ck_assert_int_eq(access(test_dir, W_OK), 0);
}

/* Each call's result lasts until the fourth call after it. */
static inline const char *in_dir(const char *name)
{
    static char path[4][512];
    static unsigned turn;
    char *p = path[turn++ % 4];

    ck_assert_uint_lt((size_t)snprintf(p, sizeof path[0], "%s/%s", test_dir, name),
                      sizeof path[0]);
    return p;
}

static inline int count_files(void)
{
    DIR *d = opendir(test_dir);
    int n = 0;

    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static inline void put_file(const char *name, const void *data, size_t n)
{
    FILE *f = fopen(in_dir(name), "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

static inline void put_text(const char *name, const char *text)
{
    put_file(name, text, strlen(text));
}

/* The file is this text. */
static inline void check_text(const char *path, const char *text)
{
    char s[4096];
    FILE *f = fopen(path, "rb");

    ck_assert_msg(f != NULL, "%s is not there", path);
    size_t n = fread(s, 1, sizeof s - 1, f);
    s[n] = 0;
    fclose(f);
    ck_assert_str_eq(s, text);
}

static inline int remove_one(const char *path, const struct stat *s, int type,
                             struct FTW *at)
{
    (void)s, (void)type, (void)at;
    return remove(path);
}

static inline void remove_dir(void)
{
    ck_assert_int_eq(nftw(test_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
