/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/app/app.h"

/* No parser is built in yet: app_proto stays out of the records. */
const struct app_proto *const app_registry[] = {NULL};
