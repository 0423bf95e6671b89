//go:build !purego

#include "textflag.h"

// func addSquaresAVX(sums *float64, v *float32, n int)
TEXT ·addSquaresAVX(SB), NOSPLIT, $0-24
	MOVQ sums+0(FP), DI
	MOVQ v+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1

eight:
	VCVTPS2PD (SI), Y2
	VCVTPS2PD 16(SI), Y3
	VMULPD Y2, Y2, Y2
	VMULPD Y3, Y3, Y3
	VADDPD Y2, Y0, Y0
	VADDPD Y3, Y1, Y1
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ eight
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VZEROUPPER
	RET

// func multiplyAVX(v *float32, n int, factor float32)
TEXT ·multiplyAVX(SB), NOSPLIT, $0-20
	MOVQ v+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTSS factor+16(FP), Y0

eight:
	VMULPS (SI), Y0, Y1
	VMOVUPS Y1, (SI)
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ eight
	VZEROUPPER
	RET

// func accumulateAVX(totals *float64, v *float32, n int)
TEXT ·accumulateAVX(SB), NOSPLIT, $0-24
	MOVQ totals+0(FP), DI
	MOVQ v+8(FP), SI
	MOVQ n+16(FP), CX

eight:
	VCVTPS2PD (SI), Y0
	VCVTPS2PD 16(SI), Y1
	VADDPD (DI), Y0, Y0
	VADDPD 32(DI), Y1, Y1
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ $64, DI
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ eight
	VZEROUPPER
	RET
