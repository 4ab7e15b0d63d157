/* hcmmatab.h: which storage of a deterministic machine holds DAT tables.
 *
 * Who includes it: hcmmaacc.c, which asks for each store while the race engine wants to know of stores into tables.
 *
 * A table is what can be reached from an address-space-control element that a CPU has translated with, through entries that are
 * valid. Entries that come later are looked at behind the store that made them.
 *
 * Invariants
 *   B1  To look changes nothing: tables are read where the host has them, with or without a frame.
 *   B2  A block that the guest says holds no tables any more (ESSA: unused, volatile, no-DAT) holds none.
 */
#ifndef HCMMATAB_H
#define HCMMATAB_H

/* From now on, or no more. What is known of tables is forgotten. */
void hcmma_tab_watch(int on);

/* Learn the tables of the address space that this CPU translates with. Nonzero: there are new ones. */
int hcmma_tab_learn(const REGS *regs);

/* Learn what the entries in this block lead to, if it has tables with entries that lead to others. Nonzero: there are new ones. */
int hcmma_tab_learn_more(U64 block);

/* What is at this absolute address: 0 a page table, 1 a segment table, 2 to 4 region tables, -1 no table. */
int hcmma_tab_level(U64 absolute);

/* ESSA has made the block something that holds no tables. */
void hcmma_tab_forget(U64 block);

#endif
