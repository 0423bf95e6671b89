//go:build !purego

#include "textflag.h"

// The kernels of kernel_amd64.s for NEON: 64 columns of the sum in V0 to V15, added in the
// order of the rows, products rounded before they are added. Only int8's value is a fused
// product, byte × high + byte × low, as there.
//
// R0 sum, R1 table (both move on by 64 columns), R2 columns left, R3 bytes from row to row,
// R4 rows, R5 weights or 0, R6 count of rows, R7 k, R8 row k, R9 weight k.
// V16 to V19 bytes of the row, V20 to V27 values of it, V29 the weight, V30 and V31
// the scale's high and low part.

// Go's assembler has no names for these; d, n and m are the numbers of vector registers.
#define FADD(d, n, m) WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d)) // d = n + m, four float32
#define FMUL(d, n, m) WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d)) // d = n × m
#define FMLA(d, n, m) WORD $(0x4E20CC00 | (m)<<16 | (n)<<5 | (d)) // d += n × m, fused
#define FCVTL(d, n) WORD $(0x0E217800 | (n)<<5 | (d)) // float16 → float32, the lower four
#define FCVTL2(d, n) WORD $(0x4E217800 | (n)<<5 | (d)) // the upper four
#define FCVTN(d, n) WORD $(0x0E616800 | (n)<<5 | (d)) // float64 → float32, to the lower two
#define FCVTN2(d, n) WORD $(0x4E616800 | (n)<<5 | (d)) // to the upper two
#define SXTLB(d, n) WORD $(0x0F08A400 | (n)<<5 | (d)) // int8 → int16, the lower eight
#define SXTLB2(d, n) WORD $(0x4F08A400 | (n)<<5 | (d)) // the upper eight
#define SXTLH(d, n) WORD $(0x0F10A400 | (n)<<5 | (d)) // int16 → int32, the lower four
#define SXTLH2(d, n) WORD $(0x4F10A400 | (n)<<5 | (d)) // the upper four
#define SCVTF(d, n) WORD $(0x4E21D800 | (n)<<5 | (d)) // int32 → float32

#define ARGUMENTS \
	MOVD sum+0(FP), R0 \
	MOVD table+8(FP), R1 \
	MOVD columns+16(FP), R2 \
	MOVD stride+24(FP), R3 \
	MOVD rows+32(FP), R4 \
	MOVD weights+40(FP), R5 \
	MOVD n+48(FP), R6

#define LOAD \
	MOVD R0, R9 \
	VLD1.P 64(R9), [V0.S4, V1.S4, V2.S4, V3.S4] \
	VLD1.P 64(R9), [V4.S4, V5.S4, V6.S4, V7.S4] \
	VLD1.P 64(R9), [V8.S4, V9.S4, V10.S4, V11.S4] \
	VLD1 (R9), [V12.S4, V13.S4, V14.S4, V15.S4] \
	MOVD ZR, R7

// size is the bytes of a value.
#define STORE(size) \
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0) \
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0) \
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R0) \
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], 64(R0) \
	ADD $(64*size), R1 \
	SUB $64, R2

#define ROW \
	MOVW (R4)(R7<<2), R8 \
	MADD R3, R1, R8, R8

#define WEIGHT \
	ADD R7<<2, R5, R9 \
	VLD1R (R9), [V29.S4]

#define NEXT \
	ADD $1, R7 \
	CMP R6, R7

#define BYTES VLD1.P 64(R8), [V16.B16, V17.B16, V18.B16, V19.B16]

// ADD4 adds V(v) to V(v+3) to V(s) to V(s+3).
#define ADD4(s, v) \
	FADD(s, s, v) \
	FADD(s+1, s+1, v+1) \
	FADD(s+2, s+2, v+2) \
	FADD(s+3, s+3, v+3)

#define WEIGH4(v) \
	FMUL(v, v, 29) \
	FMUL(v+1, v+1, 29) \
	FMUL(v+2, v+2, 29) \
	FMUL(v+3, v+3, 29)

#define KEEP4(v)

// Each of these adds 16 values of a row to V(s) to V(s+3). W is KEEP4 or WEIGH4.

#define FLOAT32(s, W) \
	BYTES \
	W(16) \
	ADD4(s, 16)

#define FLOAT16(s, W) \
	VLD1.P 32(R8), [V16.B16, V17.B16] \
	FCVTL(20, 16) \
	FCVTL2(21, 16) \
	FCVTL(22, 17) \
	FCVTL2(23, 17) \
	W(20) \
	ADD4(s, 20)

#define FLOAT64(s, W) \
	BYTES \
	FCVTN(20, 16) \
	FCVTN2(20, 17) \
	FCVTN(21, 18) \
	FCVTN2(21, 19) \
	BYTES \
	FCVTN(22, 16) \
	FCVTN2(22, 17) \
	FCVTN(23, 18) \
	FCVTN2(23, 19) \
	W(20) \
	ADD4(s, 20)

#define INT8(s, W) \
	VLD1.P 16(R8), [V16.B16] \
	SXTLB(17, 16) \
	SXTLB2(18, 16) \
	SXTLH(20, 17) \
	SXTLH2(21, 17) \
	SXTLH(22, 18) \
	SXTLH2(23, 18) \
	SCVTF(20, 20) \
	SCVTF(21, 21) \
	SCVTF(22, 22) \
	SCVTF(23, 23) \
	FMUL(24, 20, 31) \
	FMUL(25, 21, 31) \
	FMUL(26, 22, 31) \
	FMUL(27, 23, 31) \
	FMLA(24, 20, 30) \
	FMLA(25, 21, 30) \
	FMLA(26, 22, 30) \
	FMLA(27, 23, 30) \
	W(24) \
	ADD4(s, 24)

#define ALL(F, W) \
	F(0, W) \
	F(4, W) \
	F(8, W) \
	F(12, W)

// func addFloat32(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)
TEXT ·addFloat32(SB), NOSPLIT, $0-56
	ARGUMENTS
	CBNZ R5, weighted

block:
	LOAD

row:
	ROW
	ALL(FLOAT32, KEEP4)
	NEXT
	BLT row
	STORE(4)
	CBNZ R2, block
	RET

weighted:
	LOAD

weightedRow:
	ROW
	WEIGHT
	ALL(FLOAT32, WEIGH4)
	NEXT
	BLT weightedRow
	STORE(4)
	CBNZ R2, weighted
	RET

// func addFloat16(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)
TEXT ·addFloat16(SB), NOSPLIT, $0-56
	ARGUMENTS
	CBNZ R5, weighted

block:
	LOAD

row:
	ROW
	ALL(FLOAT16, KEEP4)
	NEXT
	BLT row
	STORE(2)
	CBNZ R2, block
	RET

weighted:
	LOAD

weightedRow:
	ROW
	WEIGHT
	ALL(FLOAT16, WEIGH4)
	NEXT
	BLT weightedRow
	STORE(2)
	CBNZ R2, weighted
	RET

// func addFloat64(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int)
TEXT ·addFloat64(SB), NOSPLIT, $0-56
	ARGUMENTS
	CBNZ R5, weighted

block:
	LOAD

row:
	ROW
	ALL(FLOAT64, KEEP4)
	NEXT
	BLT row
	STORE(8)
	CBNZ R2, block
	RET

weighted:
	LOAD

weightedRow:
	ROW
	WEIGHT
	ALL(FLOAT64, WEIGH4)
	NEXT
	BLT weightedRow
	STORE(8)
	CBNZ R2, weighted
	RET

// func addInt8(sum *float32, table *byte, columns, stride int, rows *int32, weights *float32, n int, high, low float32)
TEXT ·addInt8(SB), NOSPLIT, $0-64
	ARGUMENTS
	MOVWU high+56(FP), R9
	VDUP R9, V30.S4
	MOVWU low+60(FP), R9
	VDUP R9, V31.S4
	CBNZ R5, weighted

block:
	LOAD

row:
	ROW
	ALL(INT8, KEEP4)
	NEXT
	BLT row
	STORE(1)
	CBNZ R2, block
	RET

weighted:
	LOAD

weightedRow:
	ROW
	WEIGHT
	ALL(INT8, WEIGH4)
	NEXT
	BLT weightedRow
	STORE(1)
	CBNZ R2, weighted
	RET
