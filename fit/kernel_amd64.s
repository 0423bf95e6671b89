//go:build !purego

#include "textflag.h"

// A row of a panel is 64 bytes: two registers of eight columns. Products are rounded
// before they are added (no FMA), and columns have nothing to do with one another,
// so results are those of the loops in kernel.go to the last bit. AVX is enough.

// Entry R13 of BX: its column's offset in a panel to AX, its share to Y2.
#define ENTRY \
	MOVLQSX (BX)(R13*8), AX \
	SHLQ $6, AX \
	VBROADCASTSS 4(BX)(R13*8), Y2

// y (Y0, Y1) += share · row of the panel at SI.
#define GATHER \
	VMULPS (SI)(AX*1), Y2, Y3 \
	VMULPS 32(SI)(AX*1), Y2, Y4 \
	VADDPS Y3, Y0, Y0 \
	VADDPS Y4, Y1, Y1

// row of the panel at DI += share · y.
#define SCATTER \
	VMULPS Y0, Y2, Y3 \
	VMULPS Y1, Y2, Y4 \
	VADDPS (DI)(AX*1), Y3, Y3 \
	VADDPS 32(DI)(AX*1), Y4, Y4 \
	VMOVUPS Y3, (DI)(AX*1) \
	VMOVUPS Y4, 32(DI)(AX*1)

// func gatherKernel(y *row, panel *float32, entries *entry, n int)
TEXT ·gatherKernel(SB), NOSPLIT, $0-32
	MOVQ y+0(FP), DI
	MOVQ panel+8(FP), SI
	MOVQ entries+16(FP), BX
	MOVQ n+24(FP), R12
	XORQ R13, R13
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1

gather:
	ENTRY
	GATHER
	INCQ R13
	CMPQ R13, R12
	JLT  gather
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VZEROUPPER
	RET

// func scatterKernel(panel *float32, entries *entry, n int, y *row)
TEXT ·scatterKernel(SB), NOSPLIT, $0-32
	MOVQ panel+0(FP), DI
	MOVQ entries+8(FP), BX
	MOVQ n+16(FP), R12
	MOVQ y+24(FP), SI
	XORQ R13, R13
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1

scatter:
	ENTRY
	SCATTER
	INCQ R13
	CMPQ R13, R12
	JLT  scatter
	VZEROUPPER
	RET

// func normalKernel(w, q *float32, entries *entry, ends *int64, scale *float32, texts int)
//
// DI w, SI q, BX entries, DX ends, R8 scale, R9 texts, R10 text, R11 … R12 its entries.
TEXT ·normalKernel(SB), NOSPLIT, $0-48
	MOVQ w+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ entries+16(FP), BX
	MOVQ ends+24(FP), DX
	MOVQ scale+32(FP), R8
	MOVQ texts+40(FP), R9
	XORQ R10, R10
	XORQ R12, R12

text:
	MOVQ R12, R11
	MOVQ (DX)(R10*8), R12
	MOVL (R8)(R10*4), AX
	TESTL AX, AX
	JEQ  next
	CMPQ R11, R12
	JGE  next
	VBROADCASTSS (R8)(R10*4), Y5
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	MOVQ R11, R13

from:
	ENTRY
	PREFETCHT0 (DI)(AX*1)
	GATHER
	INCQ R13
	CMPQ R13, R12
	JLT  from
	VMULPS Y5, Y0, Y0
	VMULPS Y5, Y1, Y1
	MOVQ R11, R13

to:
	ENTRY
	SCATTER
	INCQ R13
	CMPQ R13, R12
	JLT  to

next:
	INCQ R10
	CMPQ R10, R9
	JLT  text
	VZEROUPPER
	RET

// sums (two registers) += the float64 products of a's and b's eight columns, which
// are lost.
#define PRODUCTS(aX, aY, bX, bY, low, high) \
	VCVTPS2PD aX, Y14 \
	VCVTPS2PD bX, Y15 \
	VMULPD Y14, Y15, Y15 \
	VADDPD Y15, low, low \
	VEXTRACTF128 $1, aY, aX \
	VEXTRACTF128 $1, bY, bX \
	VCVTPS2PD aX, Y14 \
	VCVTPS2PD bX, Y15 \
	VMULPD Y14, Y15, Y15 \
	VADDPD Y15, high, high

#define CURVATURE(at, low, high) \
	VMOVUPS at(SI), Y12 \
	VMULPS Y12, Y8, Y13 \
	VADDPS at(DI), Y13, Y13 \
	VMOVUPS Y13, at(DI) \
	PRODUCTS(X12, Y12, X13, Y13, low, high)

// func curvatureKernel(w, q *float32, rows int, ridge float32, sums *[lanes]float64)
TEXT ·curvatureKernel(SB), NOSPLIT, $0-40
	MOVQ w+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ rows+16(FP), CX
	VBROADCASTSS ridge+24(FP), Y8
	MOVQ sums+32(FP), DX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3

curvature:
	CURVATURE(0, Y0, Y1)
	CURVATURE(32, Y2, Y3)
	ADDQ $64, DI
	ADDQ $64, SI
	DECQ CX
	JNE  curvature
	VMOVUPD Y0, (DX)
	VMOVUPD Y1, 32(DX)
	VMOVUPD Y2, 64(DX)
	VMOVUPD Y3, 96(DX)
	VZEROUPPER
	RET

// Eight columns of a row: e += step·q, r −= step·w, z = inverse·r, and the products.
#define ADVANCE(at, step, rzLow, rzHigh, rrLow, rrHigh) \
	VMULPS at(DX), step, Y11 \
	VADDPS at(DI), Y11, Y11 \
	VMOVUPS Y11, at(DI) \
	VMULPS at(BX), step, Y11 \
	VMOVUPS at(SI), Y12 \
	VSUBPS Y11, Y12, Y12 \
	VMOVUPS Y12, at(SI) \
	VMULPS Y12, Y10, Y13 \
	VCVTPS2PD X12, Y14 \
	VCVTPS2PD X13, Y15 \
	VMULPD Y14, Y15, Y15 \
	VADDPD Y15, rzLow, rzLow \
	VMULPD Y14, Y14, Y14 \
	VADDPD Y14, rrLow, rrLow \
	VEXTRACTF128 $1, Y12, X12 \
	VEXTRACTF128 $1, Y13, X13 \
	VCVTPS2PD X12, Y14 \
	VCVTPS2PD X13, Y15 \
	VMULPD Y14, Y15, Y15 \
	VADDPD Y15, rzHigh, rzHigh \
	VMULPD Y14, Y14, Y14 \
	VADDPD Y14, rrHigh, rrHigh

// func advanceKernel(e, r, q, w, inverse *float32, rows int, step *row, rz, rr *[lanes]float64)
TEXT ·advanceKernel(SB), NOSPLIT, $0-72
	MOVQ e+0(FP), DI
	MOVQ r+8(FP), SI
	MOVQ q+16(FP), DX
	MOVQ w+24(FP), BX
	MOVQ inverse+32(FP), R8
	MOVQ rows+40(FP), CX
	MOVQ step+48(FP), AX
	VMOVUPS (AX), Y8
	VMOVUPS 32(AX), Y9
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7

advance:
	VBROADCASTSS (R8), Y10
	ADVANCE(0, Y8, Y0, Y1, Y4, Y5)
	ADVANCE(32, Y9, Y2, Y3, Y6, Y7)
	ADDQ $64, DI
	ADDQ $64, SI
	ADDQ $64, DX
	ADDQ $64, BX
	ADDQ $4, R8
	DECQ CX
	JNE  advance
	MOVQ rz+56(FP), AX
	VMOVUPD Y0, (AX)
	VMOVUPD Y1, 32(AX)
	VMOVUPD Y2, 64(AX)
	VMOVUPD Y3, 96(AX)
	MOVQ rr+64(FP), AX
	VMOVUPD Y4, (AX)
	VMOVUPD Y5, 32(AX)
	VMOVUPD Y6, 64(AX)
	VMOVUPD Y7, 96(AX)
	VZEROUPPER
	RET

// func turnKernel(q, r, inverse *float32, rows int, turn *row)
TEXT ·turnKernel(SB), NOSPLIT, $0-40
	MOVQ q+0(FP), DI
	MOVQ r+8(FP), SI
	MOVQ inverse+16(FP), R8
	MOVQ rows+24(FP), CX
	MOVQ turn+32(FP), AX
	VMOVUPS (AX), Y8
	VMOVUPS 32(AX), Y9

turn:
	VBROADCASTSS (R8), Y10
	VMULPS (SI), Y10, Y0
	VMULPS 32(SI), Y10, Y1
	VMULPS (DI), Y8, Y2
	VMULPS 32(DI), Y9, Y3
	VADDPS Y2, Y0, Y0
	VADDPS Y3, Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ $64, DI
	ADDQ $64, SI
	ADDQ $4, R8
	DECQ CX
	JNE  turn
	VZEROUPPER
	RET
