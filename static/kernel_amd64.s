//go:build !purego

#include "textflag.h"

// The kernels keep 64 columns of the sum in eight registers while they walk
// over the rows, and then take the next 64. Every column is added in the order
// of the rows, and products are rounded before they are added (no FMA), so the
// result is that of the loops in sum.go and rows.go to the last bit.
//
// DI sum, SI table (both move on by 64 columns), CX columns left,
// DX bytes from row to row, R8 rows, R9 count of rows, R10 k, R11 row k,
// R12 weights or 0. Y8 the weight, Y9 and Y10 eight values of the row,
// Y14 and Y15 the scale's low and high part.

#define ARGUMENTS \
	MOVQ sum+0(FP), DI \
	MOVQ table+8(FP), SI \
	MOVQ columns+16(FP), CX \
	MOVQ stride+24(FP), DX \
	MOVQ rows+32(FP), R8 \
	MOVQ weights+40(FP), R12 \
	MOVQ n+48(FP), R9

#define LOAD \
	VMOVUPS (DI), Y0 \
	VMOVUPS 32(DI), Y1 \
	VMOVUPS 64(DI), Y2 \
	VMOVUPS 96(DI), Y3 \
	VMOVUPS 128(DI), Y4 \
	VMOVUPS 160(DI), Y5 \
	VMOVUPS 192(DI), Y6 \
	VMOVUPS 224(DI), Y7 \
	XORQ R10, R10

// size is the bytes of a value.
#define STORE(size) \
	VMOVUPS Y0, (DI) \
	VMOVUPS Y1, 32(DI) \
	VMOVUPS Y2, 64(DI) \
	VMOVUPS Y3, 96(DI) \
	VMOVUPS Y4, 128(DI) \
	VMOVUPS Y5, 160(DI) \
	VMOVUPS Y6, 192(DI) \
	VMOVUPS Y7, 224(DI) \
	ADDQ $256, DI \
	ADDQ $(64*size), SI \
	SUBQ $64, CX

#define ROW \
	MOVLQSX (R8)(R10*4), R11 \
	IMULQ DX, R11 \
	ADDQ SI, R11

#define WEIGHT VBROADCASTSS (R12)(R10*4), Y8

#define NEXT \
	INCQ R10 \
	CMPQ R10, R9

// While 64 columns of a row are added its next 64 are on their way: the rows of
// a text lie anywhere, and the processor does not see the next visit coming. It
// saves an eighth of the time at 256 columns of float32 and a sixth at 384.
// The last of each is for a row that begins inside a cache line, as most files' do: its columns
// end in one line more.
#define PREFETCH1 \
	PREFETCHT0 64(R11) \
	PREFETCHT0 127(R11)

#define PREFETCH2 \
	PREFETCHT0 128(R11) \
	PREFETCHT0 192(R11) \
	PREFETCHT0 255(R11)

#define PREFETCH4 \
	PREFETCHT0 256(R11) \
	PREFETCHT0 320(R11) \
	PREFETCHT0 384(R11) \
	PREFETCHT0 448(R11) \
	PREFETCHT0 511(R11)

#define PREFETCH8 \
	PREFETCHT0 512(R11) \
	PREFETCHT0 576(R11) \
	PREFETCHT0 640(R11) \
	PREFETCHT0 704(R11) \
	PREFETCHT0 768(R11) \
	PREFETCHT0 832(R11) \
	PREFETCHT0 896(R11) \
	PREFETCHT0 960(R11) \
	PREFETCHT0 1023(R11)

// ADD adds the values i to i+7 of a row to S; WEIGHTED multiplies them first.

#define ADDFLOAT32(i, S) VADDPS 4*i(R11), S, S

#define WEIGHTEDFLOAT32(i, S) \
	VMULPS 4*i(R11), Y8, Y9 \
	VADDPS Y9, S, S

#define ADDFLOAT16(i, S) \
	VCVTPH2PS 2*i(R11), Y9 \
	VADDPS Y9, S, S

#define WEIGHTEDFLOAT16(i, S) \
	VCVTPH2PS 2*i(R11), Y9 \
	VMULPS Y9, Y8, Y9 \
	VADDPS Y9, S, S

#define GETFLOAT64(i) \
	VCVTPD2PSY 8*i(R11), X9 \
	VCVTPD2PSY (8*i+32)(R11), X10 \
	VINSERTF128 $1, X10, Y9, Y9

#define ADDFLOAT64(i, S) \
	GETFLOAT64(i) \
	VADDPS Y9, S, S

#define WEIGHTEDFLOAT64(i, S) \
	GETFLOAT64(i) \
	VMULPS Y9, Y8, Y9 \
	VADDPS Y9, S, S

// value = byte × high + byte × low: the second product is rounded, the first is not.
#define GETINT8(i) \
	VPMOVSXBD i(R11), Y9 \
	VCVTDQ2PS Y9, Y9 \
	VMULPS Y14, Y9, Y10 \
	VFMADD231PS Y15, Y9, Y10

#define ADDINT8(i, S) \
	GETINT8(i) \
	VADDPS Y10, S, S

#define WEIGHTEDINT8(i, S) \
	GETINT8(i) \
	VMULPS Y10, Y8, Y10 \
	VADDPS Y10, S, S

#define ALL(F) \
	F(0, Y0) \
	F(8, Y1) \
	F(16, Y2) \
	F(24, Y3) \
	F(32, Y4) \
	F(40, Y5) \
	F(48, Y6) \
	F(56, Y7)

// func hasF16C() bool
TEXT ·hasF16C(SB), NOSPLIT, $0-1
	MOVL $1, AX
	XORL CX, CX
	CPUID
	SHRL $29, CX
	ANDL $1, CX
	MOVB CX, ret+0(FP)
	RET

// func addFloat32(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)
TEXT ·addFloat32(SB), NOSPLIT, $0-56
	ARGUMENTS
	TESTQ R12, R12
	JNZ weighted

block:
	LOAD
	CMPQ CX, $64
	JEQ last

row:
	ROW
	PREFETCH4
	ALL(ADDFLOAT32)
	NEXT
	JLT row
	STORE(4)
	JMP block

last:
	ROW
	ALL(ADDFLOAT32)
	NEXT
	JLT last
	STORE(4)
	VZEROUPPER
	RET

weighted:
	LOAD
	CMPQ CX, $64
	JEQ weightedLast

weightedRow:
	ROW
	PREFETCH4
	WEIGHT
	ALL(WEIGHTEDFLOAT32)
	NEXT
	JLT weightedRow
	STORE(4)
	JMP weighted

weightedLast:
	ROW
	WEIGHT
	ALL(WEIGHTEDFLOAT32)
	NEXT
	JLT weightedLast
	STORE(4)
	VZEROUPPER
	RET

// func addFloat16(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)
TEXT ·addFloat16(SB), NOSPLIT, $0-56
	ARGUMENTS
	TESTQ R12, R12
	JNZ weighted

block:
	LOAD
	CMPQ CX, $64
	JEQ last

row:
	ROW
	PREFETCH2
	ALL(ADDFLOAT16)
	NEXT
	JLT row
	STORE(2)
	JMP block

last:
	ROW
	ALL(ADDFLOAT16)
	NEXT
	JLT last
	STORE(2)
	VZEROUPPER
	RET

weighted:
	LOAD
	CMPQ CX, $64
	JEQ weightedLast

weightedRow:
	ROW
	PREFETCH2
	WEIGHT
	ALL(WEIGHTEDFLOAT16)
	NEXT
	JLT weightedRow
	STORE(2)
	JMP weighted

weightedLast:
	ROW
	WEIGHT
	ALL(WEIGHTEDFLOAT16)
	NEXT
	JLT weightedLast
	STORE(2)
	VZEROUPPER
	RET

// func addFloat64(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)
TEXT ·addFloat64(SB), NOSPLIT, $0-56
	ARGUMENTS
	TESTQ R12, R12
	JNZ weighted

block:
	LOAD
	CMPQ CX, $64
	JEQ last

row:
	ROW
	PREFETCH8
	ALL(ADDFLOAT64)
	NEXT
	JLT row
	STORE(8)
	JMP block

last:
	ROW
	ALL(ADDFLOAT64)
	NEXT
	JLT last
	STORE(8)
	VZEROUPPER
	RET

weighted:
	LOAD
	CMPQ CX, $64
	JEQ weightedLast

weightedRow:
	ROW
	PREFETCH8
	WEIGHT
	ALL(WEIGHTEDFLOAT64)
	NEXT
	JLT weightedRow
	STORE(8)
	JMP weighted

weightedLast:
	ROW
	WEIGHT
	ALL(WEIGHTEDFLOAT64)
	NEXT
	JLT weightedLast
	STORE(8)
	VZEROUPPER
	RET

// func addInt8(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int, high, low float32)
TEXT ·addInt8(SB), NOSPLIT, $0-64
	ARGUMENTS
	VBROADCASTSS high+56(FP), Y15
	VBROADCASTSS low+60(FP), Y14
	TESTQ R12, R12
	JNZ weighted

block:
	LOAD
	CMPQ CX, $64
	JEQ last

row:
	ROW
	PREFETCH1
	ALL(ADDINT8)
	NEXT
	JLT row
	STORE(1)
	JMP block

last:
	ROW
	ALL(ADDINT8)
	NEXT
	JLT last
	STORE(1)
	VZEROUPPER
	RET

weighted:
	LOAD
	CMPQ CX, $64
	JEQ weightedLast

weightedRow:
	ROW
	PREFETCH1
	WEIGHT
	ALL(WEIGHTEDINT8)
	NEXT
	JLT weightedRow
	STORE(1)
	JMP weighted

weightedLast:
	ROW
	WEIGHT
	ALL(WEIGHTEDINT8)
	NEXT
	JLT weightedLast
	STORE(1)
	VZEROUPPER
	RET

// The wide kernels keep 256 columns in the sixteen registers of AVX-512, and walk over the rows
// once for all of them. R13 is the row four further on, whose 256 columns are asked for, R14 the last
// row's k. Z16 is the weight, Z17 and Z18 sixteen values of the row, Z19 and Z20 the scale's low and
// high part.

#define ALLWIDE(F) \
	F(0, Z0) \
	F(16, Z1) \
	F(32, Z2) \
	F(48, Z3) \
	F(64, Z4) \
	F(80, Z5) \
	F(96, Z6) \
	F(112, Z7) \
	F(128, Z8) \
	F(144, Z9) \
	F(160, Z10) \
	F(176, Z11) \
	F(192, Z12) \
	F(208, Z13) \
	F(224, Z14) \
	F(240, Z15)

#define LOADWIDE(i, S) VMOVUPS 4*i(DI), S
#define STOREWIDE(i, S) VMOVUPS S, 4*i(DI)

#define ROWAHEAD \
	LEAQ 4(R10), R13 \
	CMPQ R13, R14 \
	CMOVQGT R14, R13 \
	MOVLQSX (R8)(R13*4), R13 \
	IMULQ DX, R13 \
	ADDQ SI, R13

#define ASK(at) \
	PREFETCHT0 at(R13) \
	PREFETCHT0 (at+64)(R13) \
	PREFETCHT0 (at+128)(R13) \
	PREFETCHT0 (at+192)(R13)

#define AHEAD1 \
	ROWAHEAD \
	ASK(0) \
	PREFETCHT0 255(R13)

#define AHEAD4 \
	ROWAHEAD \
	ASK(0) \
	ASK(256) \
	ASK(512) \
	ASK(768) \
	PREFETCHT0 1023(R13)

#define WEIGHTEDWIDE32(i, S) \
	VMULPS 4*i(R11), Z16, Z17 \
	VADDPS Z17, S, S

#define GETWIDE8(i) \
	VPMOVSXBD i(R11), Z17 \
	VCVTDQ2PS Z17, Z17 \
	VMULPS Z19, Z17, Z18 \
	VFMADD231PS Z20, Z17, Z18

#define WIDE8(i, S) \
	GETWIDE8(i) \
	VADDPS Z18, S, S

#define WEIGHTEDWIDE8(i, S) \
	GETWIDE8(i) \
	VMULPS Z18, Z16, Z18 \
	VADDPS Z18, S, S

// WIDE is what follows the arguments: size is the bytes of a value.
#define WIDE(size, AHEAD, ADD, WEIGHTED) \
	LEAQ -1(R9), R14 \
block: \
	ALLWIDE(LOADWIDE) \
	XORQ R10, R10 \
	TESTQ R12, R12 \
	JNZ weighted \
row: \
	ROW \
	AHEAD \
	ALLWIDE(ADD) \
	NEXT \
	JLT row \
	JMP stored \
weighted: \
	ROW \
	AHEAD \
	VBROADCASTSS (R12)(R10*4), Z16 \
	ALLWIDE(WEIGHTED) \
	NEXT \
	JLT weighted \
stored: \
	ALLWIDE(STOREWIDE) \
	ADDQ $1024, DI \
	ADDQ $(256*size), SI \
	SUBQ $256, CX \
	JNZ block \
	VZEROUPPER \
	RET

// func addFloat32Wide(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)
TEXT ·addFloat32Wide(SB), NOSPLIT, $0-56
	ARGUMENTS
	WIDE(4, AHEAD4, ADDFLOAT32, WEIGHTEDWIDE32)

// func addInt8Wide(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int, high, low float32)
TEXT ·addInt8Wide(SB), NOSPLIT, $0-64
	ARGUMENTS
	VBROADCASTSS high+56(FP), Z20
	VBROADCASTSS low+60(FP), Z19
	WIDE(1, AHEAD1, WIDE8, WEIGHTEDWIDE8)
