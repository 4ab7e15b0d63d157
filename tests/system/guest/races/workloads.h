// The workloads, by the race that they are for; main.c has the list.
#ifndef WORKLOADS_H
#define WORKLOADS_H

void r1(void);
void r3(void);
void r4(void);
void r5(void);
void r11(void);
void r13(void);
void r14(void);
void r18(void);
void r23(void);
void r24(void);
void r25(void);
void r27(void);
void r28(void);
void r29(void);
void r32(void);
void r33(void);
void r35(void);
void r39(void);
void r41(void);
void r44(void);
int make_files(const char* folder);

#endif
