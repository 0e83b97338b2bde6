/* SPDX-License-Identifier: EUPL-1.2 */
/* First bytes of common file types, one row each. */
#include "agent/scan/filetype.h"

#include <string.h>

static const struct {
	const char *bytes;
	size_t len;
	const char *type;
} TYPES[] = {
    {"MZ", 2, "EXE"},
    {"\177ELF", 4, "ELF"},
    {"\317\372\355\376", 4, "MACH-O"},
    {"\312\376\272\276", 4, "MACH-O"},
    {"%PDF", 4, "PDF"},
    {"PK\003\004", 4, "ZIP"},
    {"Rar!", 4, "RAR"},
    {"7z\274\257\047\034", 6, "7Z"},
    {"\037\213", 2, "GZIP"},
    {"BZh", 3, "BZIP2"},
    {"\3757zXZ", 6, "XZ"},
    {"MSCF", 4, "CAB"},
    {"\320\317\021\340", 4, "OLE"},
    {"{\\rtf", 5, "RTF"},
    {"MDMP", 4, "MDMP"},
    {"GIF8", 4, "GIF"},
    {"\377\330\377", 3, "JPG"},
    {"\211PNG", 4, "PNG"},
    {"<?php", 5, "PHP"},
    {"<%@", 3, "ASP"},
    {"#!/usr/bin/python", 17, "Python"},
    {"#!/usr/bin/env python", 21, "Python"},
    {"#!/bin/", 7, "Shell"},
    {"@echo off", 9, "BATCH"},
};

const char *
filetype_of(const void *p, size_t len)
{
	for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
		if (len >= TYPES[i].len &&
		    memcmp(p, TYPES[i].bytes, TYPES[i].len) == 0)
			return TYPES[i].type;
	return "";
}
