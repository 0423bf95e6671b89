//go:build !purego

#include "textflag.h"

// Products are rounded before they are added (no FMA), so the result is that of
// rotateFour in rotate.go to the last bit.
//
// DI column k, SI rotation k, CX rotations left. Y0 to Y3 the 16 values of column k
// as it is so far (x), Y4 and Y5 the cosine and sine.

// ROTATE takes four lanes: column k = c·x + s·y, x = c·y − s·x, y of column k+1.
#define ROTATE(offset, X, Y, P, Q) \
	VMOVUPD (128+offset)(DI), Y \
	VMULPD X, Y4, P \
	VMULPD Y, Y5, Q \
	VADDPD Q, P, P \
	VMOVUPD P, offset(DI) \
	VMULPD X, Y5, Q \
	VMULPD Y, Y4, P \
	VSUBPD Q, P, X

// func rotateKernel(cols *[lanes]float64, chain *rotation, n int)
TEXT ·rotateKernel(SB), NOSPLIT, $0-24
	MOVQ cols+0(FP), DI
	MOVQ chain+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD 96(DI), Y3

next:
	VBROADCASTSD (SI), Y4
	VBROADCASTSD 8(SI), Y5
	ROTATE(0, Y0, Y6, Y7, Y8)
	ROTATE(32, Y1, Y9, Y10, Y11)
	ROTATE(64, Y2, Y12, Y13, Y14)
	ROTATE(96, Y3, Y6, Y7, Y15)
	ADDQ $128, DI
	ADDQ $16, SI
	DECQ CX
	JNZ next

	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VZEROUPPER
	RET
