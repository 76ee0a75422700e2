/* json.h - JSON text of model files: read without trust, printed, and names that are not UTF-8. */
#ifndef ENS_IO_JSON_H
#define ENS_IO_JSON_H

#include <core/str.h>
#include <jansson.h>

/* Parse all of text[n], which stands in messages as `what`: an object or array that nests at most `depth` deep,
 * no key twice. Memory is at most about 25 times n. ENS_EFORMAT or ENS_ENOMEM. */
ens_status ens__json_parse(json_t **out, const char *what, const char *text, size_t n, int depth, ens_error *err);
/* Add the compact text of node, members in the order they were set; out of memory the buffer has failed. */
void ens__json_print(ens__buf *b, const json_t *node);

/* Bytes as JSON: a string if they are UTF-8, else {"hex": "6e6fff"}. NULL: no memory. */
json_t *ens__json_text(const char *s);
/* The bytes back, a new string; what names the place in messages. */
ens_status ens__json_get_text(char **out, const json_t *node, const char *what, ens_error *err);

#endif
