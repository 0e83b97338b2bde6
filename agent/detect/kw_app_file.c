/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords on files in traffic (guide, "File Keywords", "FTP/FTP-DATA Keywords"). */
#include "agent/app/ftp.h"
#include "agent/detect/dataset.h"
#include "agent/detect/parser.h"
#include "agent/detect/ruleset.h"

#include <limits.h>
#include <stdio.h>
#include <strings.h>

/* A content of its own, without case, in a text on files. */
static int
add_text(struct rule_parser *p, enum app_buffer_id b, char *text, bool at_end)
{
	int rc = -1;

	if (kw_app_add_content(p, b, text) == -1)
		return -1;
	p->moved = (int)p->r->lists_n - 1;
	if (kw_nocase(p, NULL) == 0)
		rc = at_end ? kw_endswith(p, NULL) : 0;
	p->moved = -1;
	return rc;
}

/* The buffer is a number, and this one. */
static int
add_is(struct rule_parser *p, enum app_buffer_id b, uint64_t number)
{
	return kw_app_add_number(
	    p, b, &(struct num_test){.op = NUM_EQ, .a = number});
}

int
kw_filename(struct rule_parser *p, char *value)
{
	return add_text(p, APP_FILE_NAME, value, false);
}

int
kw_filemagic(struct rule_parser *p, char *value)
{
	return add_text(p, APP_FILE_MAGIC, value, false);
}

int
kw_fileext(struct rule_parser *p, char *value)
{
	char text[RULE_TEXT_MAX + 2];

	snprintf(text, sizeof(text), ".%s", value);
	return add_text(p, APP_FILE_NAME, text, true);
}

/* "list": the file's digest stands in it; "!list": it does not. */
int
kw_filehash(struct rule_parser *p, char *value)
{
	enum app_buffer_id b = app_buffer_find(p->keyword);
	int before = p->list;
	char path[PATH_MAX], name[PATH_MAX + 16], why[140];
	struct dataset *set;
	struct op *op;

	if (kw_path_beside(p, value, path) == -1)
		return -1;
	snprintf(name, sizeof(name), "%s %s", app_buffer_row(b)->name, path);
	set = datasets_get(ruleset_datasets(p->rs),
	    &(struct dataset_config){.name = name,
		.type = b == APP_FILE_MD5 ? DATASET_MD5
		    : b == APP_FILE_SHA1  ? DATASET_SHA1
					  : DATASET_SHA256,
		.load = path,
		.first_word = true},
	    why, sizeof(why));
	if (set == NULL)
		return parser_fail(p, "%s", why);
	if ((p->list = kw_app_list(p, p->keyword, false)) == -1)
		return -1;
	op = parser_add_op(p, OP_DATASET);
	p->list = before;
	if (op == NULL)
		return -1;
	op->dataset = (struct op_dataset){
	    .set = set, .command = p->negated ? DATASET_ISNOTSET : DATASET_ISSET};
	return 0;
}

int
kw_ftpbounce(struct rule_parser *p, char *value)
{
	(void)value;
	return add_is(p, APP_FTP_BOUNCE, 1);
}

int
kw_ftpdata_command(struct rule_parser *p, char *value)
{
	if (strcasecmp(value, "retr") == 0)
		return add_is(p, APP_FTPDATA_COMMAND, FTP_RETR);
	if (strcasecmp(value, "stor") == 0)
		return add_is(p, APP_FTPDATA_COMMAND, FTP_STOR);
	return parser_fail(p, "\"%.20s\" is not retr or stor", value);
}
