/* hcmmafrk.h: a deterministic machine that forks, so that a boot is paid once for many runs of what follows it.
 *
 * Who includes it: the files of the glue.
 */
#ifndef HCMMAFRK_H
#define HCMMAFRK_H

/* fork=FD:CONSOLE: where a driver talks to the machine (a SOCK_SEQPACKET socket), and the descriptor of the guest's console. */
void hcmma_fork_options(int fd, int console);

/* At an instruction boundary: if the guest has opened its window, serve the driver. Returns in a child; the parent does
 * not return. */
void hcmma_fork_boundary(void);

#endif
