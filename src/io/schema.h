/* schema.h - what a model remembers of its table, and its scores, as JSON text and back. */
#ifndef ENS_IO_SCHEMA_H
#define ENS_IO_SCHEMA_H

#include <learn/model.h>

/* Texts for ens__writer_meta(), the caller's; classes is "[]" for regression. */
ens_status ens__schema_print(char **out, const ens__schema *schema, ens_error *err);
ens_status ens__classes_print(char **out, const ens__schema *schema, ens_error *err);
ens_status ens__scores_print(char **out, const ens_model *model, ens_error *err);

/* Fill a zeroed schema from such texts: names are distinct, levels and classes distinct and in their order.
 * ENS_EFORMAT or ENS_ENOMEM; what was filled stays for ens__schema_clear(). */
ens_status ens__schema_parse(ens__schema *out, const char *text, ens_error *err);
ens_status ens__classes_parse(ens__schema *out, const char *text, ens_error *err);
ens_status ens__scores_parse(ens_model *out, const char *text, ens_error *err);

#endif
