//go:build !purego

#include "textflag.h"

#define EACH(name, byte) \
	DATA name<>+0(SB)/8, $(byte*0x0101010101010101) \
	DATA name<>+8(SB)/8, $(byte*0x0101010101010101) \
	DATA name<>+16(SB)/8, $(byte*0x0101010101010101) \
	DATA name<>+24(SB)/8, $(byte*0x0101010101010101) \
	GLOBL name<>(SB), RODATA|NOPTR, $32

EACH(control, 0x1f)
EACH(delete, 0x7f)
EACH(beforeA, 0x40)
EACH(afterZ, 0x5b)
EACH(space, 0x20)

// func asciiBlocks(s *byte, blocks int) (n int)
TEXT ·asciiBlocks(SB), NOSPLIT, $0-24
	MOVQ s+0(FP), SI
	MOVQ blocks+8(FP), CX
	XORQ AX, AX

block:
	VMOVDQU (SI)(AX*1), Y0
	VPMOVMSKB Y0, DX
	TESTL DX, DX
	JNZ done
	ADDQ $32, AX
	DECQ CX
	JNZ block

done:
	MOVQ AX, n+16(FP)
	VZEROUPPER
	RET

// func copyPrintable(to, s *byte, blocks int, lower byte) (n int)
//
// Bytes beyond ASCII are negative, and so no greater than control.
TEXT ·copyPrintable(SB), NOSPLIT, $0-40
	MOVQ to+0(FP), DI
	MOVQ s+8(FP), SI
	MOVQ blocks+16(FP), CX
	VPBROADCASTB lower+24(FP), Y10
	VMOVDQU control<>(SB), Y15
	VMOVDQU delete<>(SB), Y14
	VMOVDQU beforeA<>(SB), Y13
	VMOVDQU afterZ<>(SB), Y12
	XORQ AX, AX

block:
	VMOVDQU (SI)(AX*1), Y0
	VPCMPGTB Y15, Y0, Y1 // above control
	VPCMPGTB Y0, Y14, Y2 // below delete
	VPAND Y1, Y2, Y1
	VPMOVMSKB Y1, DX
	CMPL DX, $-1
	JNE done
	VPCMPGTB Y13, Y0, Y1
	VPCMPGTB Y0, Y12, Y2
	VPAND Y1, Y2, Y1
	VPAND Y10, Y1, Y1
	VPOR Y1, Y0, Y0
	VMOVDQU Y0, (DI)(AX*1)
	ADDQ $32, AX
	DECQ CX
	JNZ block

done:
	MOVQ AX, n+32(FP)
	VZEROUPPER
	RET
