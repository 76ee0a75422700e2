/* outfile.c - text output to a temporary file in the target's folder, renamed when all of it is there. */
#include <config.h>

#include <cli/interrupt.h>
#include <cli/outfile.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ens_status cannot_write(ens_error *err, const char *name, int cause)
{
    err->code = ENS_EIO;
    snprintf(err->message, sizeof err->message, "%s: cannot write: %s", name,
             strerror(cause));
    return ENS_EIO;
}

/* The folder that path is in: a new string. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash != NULL ? (size_t)(slash - path) + 1 : 1;
    char *folder = cli_array(n + 1, 1);

    memcpy(folder, slash != NULL ? path : ".", n);
    return folder;
}

ens_status outfile_check(const char *path, ens_error *err)
{
    struct stat s;
    char *folder;
    int bad;

    if (stat(path, &s) == 0) {
        if (S_ISDIR(s.st_mode))
            return cannot_write(err, path, EISDIR);
        return access(path, W_OK) == 0 ? ENS_OK : cannot_write(err, path, errno);
    }
    folder = folder_of(path);
    bad = *path == 0 ? ENOENT : access(folder, W_OK | X_OK) != 0 ? errno : 0;
    free(folder);
    return bad == 0 ? ENS_OK : cannot_write(err, path, bad);
}

/* Open a temporary file beside out->path with the permissions that the file has or a new one gets. */
static int open_temporary(outfile *out, mode_t mode)
{
    static const char suffix[] = ".XXXXXX";
    size_t n = strlen(out->path);
    int fd;

    out->temp = cli_array(n + sizeof suffix, 1);
    memcpy(out->temp, out->path, n);
    memcpy(out->temp + n, suffix, sizeof suffix);
    if ((fd = mkstemp(out->temp)) < 0) {
        free(out->temp);
        out->temp = NULL;
        return -1;
    }
    if (mode == 0) {
        mode_t mask = umask(0);

        umask(mask);
        mode = 0666 & ~mask;
    }
    (void)fchmod(fd,
                 mode); /* a file system without permissions has the file all the same */
    interrupt_guard(out->temp);
    interrupt_catch();
    return fd;
}

ens_status outfile_open(outfile *out, const char *path, ens_error *err)
{
    struct stat s = {0};
    int fd, exists;

    *out = (outfile){.name = path};
    if (path == NULL || strcmp(path, "-") == 0) {
        out->name = "standard output";
        out->stream = stdout;
        return ENS_OK;
    }
    if (outfile_check(path, err) != ENS_OK)
        return ENS_EIO;
    exists = stat(path, &s) == 0;
    /* /dev/stdout may be a regular file, but is not one to be replaced. */
    if (exists && (!S_ISREG(s.st_mode) || strncmp(path, "/dev/", 5) == 0)) {
        out->stream = fopen(path, "w");
        return out->stream != NULL ? ENS_OK : cannot_write(err, path, errno);
    }
    out->path = exists ? realpath(path, NULL) : strdup(path);
    fd = out->path != NULL ? open_temporary(out, exists ? s.st_mode & 07777 : 0) : -1;
    out->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out->stream == NULL) {
        cannot_write(err, path, errno);
        outfile_abort(out);
        return ENS_EIO;
    }
    return ENS_OK;
}

ens_status outfile_failed(const outfile *out, ens_error *err)
{
    return cannot_write(err, out->name, errno != 0 ? errno : EIO);
}

ens_status outfile_close(outfile *out, ens_error *err)
{
    FILE *stream = out->stream;
    int cause = 0;

    errno = 0;
    if (ferror(stream))
        cause = EIO;
    if (fflush(stream) != 0 || (out->temp != NULL && fsync(fileno(stream)) != 0))
        cause = errno;
    if (stream != stdout) {
        if (fclose(stream) != 0 && cause == 0)
            cause = errno;
        out->stream = NULL;
    }
    if (cause == 0 && out->temp != NULL && rename(out->temp, out->path) != 0)
        cause = errno;
    if (cause == 0 && out->temp != NULL) {
        interrupt_guard(NULL);
        free(out->temp);
        out->temp = NULL;
    }
    if (cause != 0)
        cannot_write(err, out->name, cause);
    outfile_abort(out);
    return cause == 0 ? ENS_OK : ENS_EIO;
}

void outfile_abort(outfile *out)
{
    if (out->stream != NULL && out->stream != stdout)
        fclose(out->stream);
    if (out->temp != NULL) {
        unlink(out->temp);
        interrupt_guard(NULL);
    }
    free(out->temp);
    free(out->path);
    *out = (outfile){0};
}
