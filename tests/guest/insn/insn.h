/* How one instruction is run and its outcome recorded.
 *
 * Who may include it: the lists of instructions in this folder.
 *
 * INSN(name, text) makes a function that loads the registers 0 to 5 and the condition code from a struct machine,
 * runs `text`, and stores them again. Register 6 points at `memory`, register 7 is free for the text. */
#ifndef INSN_H
#define INSN_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

struct machine {
  u64 r[6];
  u64 cc; /* as SET PROGRAM MASK wants it and INSERT PROGRAM MASK gives it, bits 34-35 */
  u64 f[4];
  u64 fpc;
  u8 memory[512] __attribute__((aligned(256)));
};

typedef void run_function(struct machine *m);

struct insn {
  const char *name;
  run_function *run;
};

/* Register 8 holds the address of the struct machine across the text. */
#define INSN(id, text)                                                                    \
  static void id(struct machine *m) {                                                     \
    register struct machine *machine __asm__("8") = m;                                    \
    __asm__ volatile("la 6,256(%0)\n\t"                                                   \
                     "lg 0,48(%0)\n\t"                                                    \
                     "spm 0\n\t"                                                          \
                     "lfpc 92(%0)\n\t"                                                    \
                     "lmg 0,5,0(%0)\n\t"                                                  \
                     "ld 0,56(%0)\n\t"                                                    \
                     "ld 1,64(%0)\n\t"                                                    \
                     "ld 2,72(%0)\n\t"                                                    \
                     "ld 3,80(%0)\n\t" text "\n\t"                                        \
                     "stmg 0,5,0(%0)\n\t"                                                 \
                     "std 0,56(%0)\n\t"                                                   \
                     "std 1,64(%0)\n\t"                                                   \
                     "std 2,72(%0)\n\t"                                                   \
                     "std 3,80(%0)\n\t"                                                   \
                     "lghi 0,0\n\t"                                                       \
                     "ipm 0\n\t"                                                          \
                     "stg 0,48(%0)\n\t"                                                   \
                     "stfpc 92(%0)"                                                       \
                     : "+a"(machine)                                                      \
                     :                                                                    \
                     : "0", "1", "2", "3", "4", "5", "6", "7", "f0", "f1", "f2", "f3", "cc", "memory"); \
  }

#endif
