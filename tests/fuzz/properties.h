/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row a target of the fuzzer: NAME_property_check() is in NAME_property.c, and its seeds are
 * in corpus-NAME. No include guard: property.h and test_corpus.c read the file with a PROPERTY()
 * of their own.
 */
PROPERTY(answer)
PROPERTY(config)
PROPERTY(dropins)
PROPERTY(import)
PROPERTY(late)
PROPERTY(mgmt)
PROPERTY(mounts)
PROPERTY(netlink)
PROPERTY(observe)
PROPERTY(options)
PROPERTY(request)
PROPERTY(size)
PROPERTY(spool)
PROPERTY(status)
PROPERTY(table)
PROPERTY(tcp)
PROPERTY(text)
PROPERTY(tree)
PROPERTY(udev)
