/* hcmmaint.h: what the files of the glue share. Only they include it. */
#ifndef HCMMAINT_H
#define HCMMAINT_H

/* hcmmahst.c: the machine as the host sees it. The table is what cmma_open gets. */
extern const struct cmma_machine hcmma_machine;

/* A rule that is broken on purpose (option mutant). */
extern cmma_mutant hcmma_mutant;

/* What a thread knows of its own quiescing. The fibers of a deterministic run have one each (hcmmathr.c). */
struct hcmma_thread
{
    int quiesced;        /* nesting of quiesce */
    int had_lock;        /* it held the interruption lock before */
    int caller_has_lock; /* see hcmma_with_interruption_lock */
};
extern __thread struct hcmma_thread hcmma_own;

/* Bring all CPUs to an instruction boundary and let them go again (see struct cmma_machine). */
void hcmma_quiesce(void *context, int cpu);
void hcmma_resume(void *context, int cpu);

/* All CPUs forget translations of blocks whose state byte asks for attention. No other one is in use of what it has looked up. */
void hcmma_forget_translations(void);

/* The address of the instruction that a CPU will begin, at an instruction boundary. */
U64 hcmma_instruction_address(const REGS *regs);

/* At an instruction boundary of a CPU: its PSW has the instruction address, and the next instruction is looked up. */
void hcmma_drop_instruction_address(REGS *regs);

/* The CPU whose thread this is, or NULL. */
REGS *hcmma_own_cpu(void);

/* cmma_access for a CPU, or CMMA_NOT_A_CPU. Until it returns, no other thread takes blocks away whose loss the
 * CPU's instruction would notice. */
cmma_result hcmma_ask(RADR aaddr, int cpu);

/* For the time between the two calls, this thread has the interruption lock already. */
void hcmma_with_interruption_lock(int held);

/* Two operands of a CPU, by host pointer, that the host may not take away; NULL for none. */
void hcmma_pin_operands(int cpu, const BYTE *first, const BYTE *last);

/* hcmmacmd.c: the options of the CMMA statement for cmma_open, or NULL without a statement; and the end of
 * commands, after which the host may be closed. */
const char *hcmma_options(void);
void hcmma_start_commands(void);
cmma_host *hcmma_end_commands(void);

#endif
