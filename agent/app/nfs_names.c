/* SPDX-License-Identifier: EUPL-1.2 */
/* Procedures of NFS 2 and 3, and where their arguments name a file (RFC 1094,
 * section 2.2; RFC 1813, section 3.3). */
#include "agent/app/nfs.h"

enum {
	HANDLE_SIZE = 32, /* of version 2; in 3 it has a length */
};

/* How many handles stand before the name; NO_NAME: there is none. */
enum names {
	NO_NAME,
	ONE_HANDLE,
	TWO_HANDLES,
};

struct procedure {
	const char *name;
	enum names names;
};

static const struct procedure VERSION_2[] = {{"NULL", NO_NAME},
    {"GETATTR", NO_NAME}, {"SETATTR", NO_NAME}, {"ROOT", NO_NAME},
    {"LOOKUP", ONE_HANDLE}, {"READLINK", NO_NAME}, {"READ", NO_NAME},
    {"WRITECACHE", NO_NAME}, {"WRITE", NO_NAME}, {"CREATE", ONE_HANDLE},
    {"REMOVE", ONE_HANDLE}, {"RENAME", ONE_HANDLE}, {"LINK", TWO_HANDLES},
    {"SYMLINK", ONE_HANDLE}, {"MKDIR", ONE_HANDLE}, {"RMDIR", ONE_HANDLE},
    {"READDIR", NO_NAME}, {"STATFS", NO_NAME}};

static const struct procedure VERSION_3[] = {{"NULL", NO_NAME},
    {"GETATTR", NO_NAME}, {"SETATTR", NO_NAME}, {"LOOKUP", ONE_HANDLE},
    {"ACCESS", NO_NAME}, {"READLINK", NO_NAME}, {"READ", NO_NAME},
    {"WRITE", NO_NAME}, {"CREATE", ONE_HANDLE}, {"MKDIR", ONE_HANDLE},
    {"SYMLINK", ONE_HANDLE}, {"MKNOD", ONE_HANDLE}, {"REMOVE", ONE_HANDLE},
    {"RMDIR", ONE_HANDLE}, {"RENAME", ONE_HANDLE}, {"LINK", TWO_HANDLES},
    {"READDIR", NO_NAME}, {"READDIRPLUS", NO_NAME}, {"FSSTAT", NO_NAME},
    {"FSINFO", NO_NAME}, {"PATHCONF", NO_NAME}, {"COMMIT", NO_NAME}};

#define SIZE(table) (sizeof(table) / sizeof((table)[0]))

static const struct procedure *
find(uint32_t version, uint32_t procedure)
{
	if (version == 2 && procedure < SIZE(VERSION_2))
		return &VERSION_2[procedure];
	if (version == 3 && procedure < SIZE(VERSION_3))
		return &VERSION_3[procedure];
	return NULL;
}

const char *
nfs_procedure_name(uint32_t version, uint32_t procedure)
{
	const struct procedure *p = find(version, procedure);

	return p == NULL ? NULL : p->name;
}

const char *
nfs_status_name(uint32_t status)
{
	static const struct {
		uint32_t status;
		const char *name;
	} rows[] = {{0, "OK"}, {1, "ERR_PERM"}, {2, "ERR_NOENT"}, {5, "ERR_IO"},
	    {6, "ERR_NXIO"}, {13, "ERR_ACCES"}, {17, "ERR_EXIST"}, {18, "ERR_XDEV"},
	    {19, "ERR_NODEV"}, {20, "ERR_NOTDIR"}, {21, "ERR_ISDIR"},
	    {22, "ERR_INVAL"}, {27, "ERR_FBIG"}, {28, "ERR_NOSPC"},
	    {30, "ERR_ROFS"}, {31, "ERR_MLINK"}, {63, "ERR_NAMETOOLONG"},
	    {66, "ERR_NOTEMPTY"}, {69, "ERR_DQUOT"}, {70, "ERR_STALE"},
	    {71, "ERR_REMOTE"}};

	for (size_t i = 0; i < SIZE(rows); i++)
		if (rows[i].status == status)
			return rows[i].name;
	return NULL;
}

/* RFC 4506, 4.10: a length, and bytes up to a multiple of four. */
static struct span
opaque(struct cursor *c)
{
	size_t len = cur_be32(c);
	struct span s = {c->pos, len};

	cur_take(c, len);
	if (!cur_ok(c))
		return (struct span){NULL, 0};
	cur_take(c, (4 - len % 4) % 4);
	return s;
}

struct span
nfs_name(uint32_t version, uint32_t procedure, struct span arguments)
{
	const struct procedure *p = find(version, procedure);
	struct cursor c = cur_of_span(arguments);

	if (p == NULL || p->names == NO_NAME)
		return (struct span){NULL, 0};
	for (int i = 0; i < (p->names == TWO_HANDLES ? 2 : 1); i++) {
		if (version == 2)
			cur_take(&c, HANDLE_SIZE);
		else
			opaque(&c);
	}
	return opaque(&c);
}
