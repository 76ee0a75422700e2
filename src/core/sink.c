/* sink.c - writing a file all or not at all.
 *
 * Bytes go to a temporary file in the target's directory, so that the last step is a rename within one file
 * system: readers see the old file or the whole new one, also after a crash. A link stays, and what it points
 * to is replaced. Pipes, terminals and devices cannot be replaced and are written as they are, and so is a
 * descriptor by name, such as /dev/stdout, even if a regular file is behind it. */
#include <config.h>

#include <core/bytes.h>
#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER     ((size_t)64 * 1024)
#define MOST_LINKS 40   /* as Linux has it */
#define MOST_TRIES 1000 /* names of a temporary file */

struct ens__sink {
    char *name;   /* as the caller gave it, for messages */
    char *target; /* what it is past all links */
    char *temp;   /* the temporary file; NULL: written directly */
    int shared;   /* descriptor that the name means; -1: none */
    int fd;
    int error;    /* errno of the first failure, which sticks */
    char *buffer; /* [BUFFER] */
    size_t used;  /* bytes waiting in it */
};

static ens_status cannot(const ens__sink *sink, const char *what, int error,
                         ens_error *err)
{
    return ens__fail(err, ENS_EIO, "%s: cannot %s: %s", sink->name, what,
                     strerror(error));
}

/* ---- Opening ---- */

/* Length of the directory in path, its last slash included. */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

/* Where the link at *path leads, in its place. */
static ens_status follow_link(char **path, ens_error *err)
{
    char to[4096];
    ens__buf b = {0};
    char *joined;
    ens_status st;
    ssize_t n = readlink(*path, to, sizeof to);

    if (n < 0 || (size_t)n == sizeof to)
        return ens__fail(err, ENS_EIO, "%s: cannot follow the link", *path);
    if (to[0] != '/')
        ens__buf_add(&b, *path, directory_length(*path));
    ens__buf_add(&b, to, (size_t)n);
    if ((st = ens__buf_take(&joined, &b, err)) != ENS_OK)
        return st;
    ens__free(*path);
    *path = joined;
    return ENS_OK;
}

/* The descriptor that path names, or -1. */
static int descriptor_of(const char *path)
{
    static const char *const folder[] = {"/dev/fd/", "/proc/self/fd/"};

    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folder / sizeof *folder; i++) {
        size_t n = strlen(folder[i]);

        if (strncmp(path, folder[i], n) == 0 && path[n] >= '0' && path[n] <= '9')
            return (int)strtol(path + n, NULL, 10);
    }
    return -1;
}

/* What kind of thing path is: fail where nothing can be written, set *replace if it is, or will be, a
 * regular file, and *mode to the permissions of one that is there. */
static ens_status look_at(const ens__sink *sink, bool *replace, mode_t *mode,
                          ens_error *err)
{
    const char *path = sink->name;
    struct stat s;
    size_t n = strlen(path);

    *replace = true;
    if (n == 0)
        return ens__fail(err, ENS_EIO, "the name of the file to write is empty");
    if (stat(path, &s) != 0) {
        if (path[n - 1] == '/')
            return ens__fail(err, ENS_EIO, "%s: cannot write: it is no file name", path);
        return ENS_OK;
    }
    if (S_ISDIR(s.st_mode))
        return ens__fail(err, ENS_EIO, "%s: cannot write: it is a directory", path);
    *replace = S_ISREG(s.st_mode);
    *mode = s.st_mode & 07777;
    return access(path, W_OK) == 0 ? ENS_OK : cannot(sink, "write", errno, err);
}

/* Set sink->target to where the path leads past all links, or sink->shared if that is a descriptor. */
static ens_status find_target(ens__sink *sink, ens_error *err)
{
    char *target = ens__strdup(sink->name);
    struct stat s;
    ens_status st = ENS_OK;

    if (target == NULL)
        return ens__nomem(err);
    for (int links = 0;; links++) {
        sink->shared = descriptor_of(target);
        if (sink->shared >= 0)
            goto done;
        if (lstat(target, &s) != 0 || !S_ISLNK(s.st_mode))
            break;
        st = links < MOST_LINKS ? follow_link(&target, err)
                                : cannot(sink, "write", ELOOP, err);
        if (st != ENS_OK)
            goto done;
    }
    sink->target = target;
    target = NULL;
done:
    ens__free(target);
    return st;
}

/* Make a temporary file beside the target, with the permissions that a new file gets. */
static ens_status open_temporary(ens__sink *sink, ens_error *err)
{
    size_t n = directory_length(sink->target);
    int error = EEXIST;

    for (int i = 0; i < MOST_TRIES; i++) {
        ens__buf b = {0};
        ens_status st;

        ens__buf_add(&b, sink->target, n);
        ens__buf_printf(&b, ".ens%ld-%d.tmp", (long)getpid(), i);
        if ((st = ens__buf_take(&sink->temp, &b, err)) != ENS_OK)
            return st;
        sink->fd = open(sink->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (sink->fd >= 0)
            return ENS_OK;
        error = errno;
        ens__free(sink->temp);
        sink->temp = NULL;
        if (error != EEXIST)
            break;
    }
    return cannot(sink, "write", error, err);
}

/* A descriptor by name is duplicated, which shares its place in the file; a device is opened. */
static ens_status open_direct(ens__sink *sink, ens_error *err)
{
    sink->fd = sink->shared >= 0 ? fcntl(sink->shared, F_DUPFD_CLOEXEC, 3)
                                 : open(sink->name, O_WRONLY | O_CLOEXEC);
    return sink->fd >= 0 ? ENS_OK : cannot(sink, "write", errno, err);
}

static ens_status open_sink(ens__sink *sink, ens_error *err)
{
    bool replace = false;
    mode_t mode = 0;
    ens_status st;

    if ((st = look_at(sink, &replace, &mode, err)) != ENS_OK)
        return st;
    if ((st = find_target(sink, err)) != ENS_OK)
        return st;
    if (!replace || sink->shared >= 0)
        return open_direct(sink, err);
    if ((st = open_temporary(sink, err)) != ENS_OK)
        return st;
    if (mode != 0 && fchmod(sink->fd, mode) != 0) /* as the file that it replaces */
        return cannot(sink, "write", errno, err);
    return ENS_OK;
}

ens_status ens__sink_open(ens__sink **out, const char *path, ens_error *err)
{
    ens__sink *sink = ens__zeros(1, sizeof *sink);
    ens_status st;

    *out = NULL;
    if (sink == NULL)
        return ens__nomem(err);
    sink->fd = sink->shared = -1;
    sink->name = ens__strdup(path);
    sink->buffer = ens__alloc(BUFFER);
    st = sink->name != NULL && sink->buffer != NULL ? open_sink(sink, err)
                                                    : ens__nomem(err);
    if (st == ENS_OK)
        *out = sink;
    else
        ens__sink_abort(sink);
    return st;
}

/* ---- Writing ---- */

static void write_fd(ens__sink *sink, const char *data, size_t n)
{
    while (n > 0 && sink->error == 0) {
        ssize_t k = write(sink->fd, data, n < SSIZE_MAX ? n : SSIZE_MAX);

        if (k >= 0) {
            data += k;
            n -= (size_t)k;
        } else if (errno != EINTR)
            sink->error = errno;
    }
}

static void flush(ens__sink *sink)
{
    write_fd(sink, sink->buffer, sink->used);
    sink->used = 0;
}

ens_status ens__sink_write(ens__sink *sink, const void *data, size_t n, ens_error *err)
{
    if (n > BUFFER - sink->used)
        flush(sink);
    if (n > BUFFER)
        write_fd(sink, data, n);
    else if (n > 0) {
        memcpy(sink->buffer + sink->used, data, n);
        sink->used += n;
    }
    return sink->error == 0 ? ENS_OK : cannot(sink, "write", sink->error, err);
}

/* Make the rename last: best effort, as not every file system can. */
static void sync_directory(const ens__sink *sink)
{
    size_t n = directory_length(sink->target);
    char *dir = n != 0 ? ens__strndup(sink->target, n) : ens__strdup(".");
    int fd = dir != NULL ? open(dir, O_RDONLY | O_CLOEXEC | O_DIRECTORY) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    ens__free(dir);
}

/* Let go of the descriptor, with the bytes on the disk. */
static void finish_fd(ens__sink *sink)
{
    flush(sink);
    if (sink->error == 0 && sink->temp != NULL && fsync(sink->fd) != 0)
        sink->error = errno;
    if (close(sink->fd) != 0 && sink->error == 0 && errno != EINTR)
        sink->error = errno;
    sink->fd = -1;
}

ens_status ens__sink_close(ens__sink *sink, ens_error *err)
{
    ens_status st = ENS_OK;

    finish_fd(sink);
    if (sink->error == 0 && sink->temp != NULL) {
        if (rename(sink->temp, sink->target) != 0)
            sink->error = errno;
        else {
            ens__free(sink->temp);
            sink->temp = NULL;
            sync_directory(sink);
        }
    }
    if (sink->error != 0)
        st = cannot(sink, "write", sink->error, err);
    ens__sink_abort(sink);
    return st;
}

void ens__sink_abort(ens__sink *sink)
{
    if (sink == NULL)
        return;
    if (sink->fd >= 0)
        close(sink->fd);
    if (sink->temp != NULL)
        unlink(sink->temp);
    ens__free(sink->temp);
    ens__free(sink->target);
    ens__free(sink->name);
    ens__free(sink->buffer);
    ens__free(sink);
}
