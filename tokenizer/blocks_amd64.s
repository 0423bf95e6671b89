//go:build !purego

#include "textflag.h"
#include "go_asm.h"

// Bits 0 to 7 for the upper halves of ASCII, none for those beyond it.
DATA upper<>+0(SB)/8, $0x8040201008040201
DATA upper<>+8(SB)/8, $0
DATA upper<>+16(SB)/8, $0x8040201008040201
DATA upper<>+24(SB)/8, $0
GLOBL upper<>(SB), RODATA|NOPTR, $32

// The lower half of each byte.
DATA half<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA half<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA half<>+16(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA half<>+24(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL half<>(SB), RODATA|NOPTR, $32

// CLASSIFY takes 32 bytes of text: a byte is of a class if its upper half's bit is in what the table
// has for its lower half. Beyond ASCII there is no bit: such bytes belong to words.
#define CLASSIFY(offset, words, alone) \
	VMOVDQU offset(SI), Y0 \
	VPMOVMSKB Y0, R8 \
	VPAND Y15, Y0, Y1 \
	VPSRLW $4, Y0, Y2 \
	VPAND Y15, Y2, Y2 \
	VPSHUFB Y2, Y14, Y2 \
	VPSHUFB Y1, Y13, Y3 \
	VPAND Y2, Y3, Y3 \
	VPCMPEQB Y2, Y3, Y3 \
	VPMOVMSKB Y3, words \
	VPSHUFB Y1, Y12, Y4 \
	VPAND Y2, Y4, Y4 \
	VPCMPEQB Y2, Y4, Y4 \
	VPMOVMSKB Y4, alone \
	NOTL R8 \
	ANDL R8, alone

// func classify(table *blockTable, text *byte) (words, alone uint64)
TEXT ·classify(SB), NOSPLIT, $0-32
	MOVQ table+0(FP), DI
	MOVQ text+8(FP), SI
	VMOVDQU half<>(SB), Y15
	VMOVDQU upper<>(SB), Y14
	VMOVDQU blockTable_words(DI), Y13
	VMOVDQU blockTable_alone(DI), Y12
	CLASSIFY(0, AX, BX)
	CLASSIFY(32, CX, DX)
	SHLQ $32, CX
	ORQ CX, AX
	SHLQ $32, DX
	ORQ DX, BX
	MOVQ AX, words+16(FP)
	MOVQ BX, alone+24(FP)
	VZEROUPPER
	RET

// The bytes that are kept of a word of n: those from 32-n on.
DATA kept<>+0(SB)/8, $-1
DATA kept<>+8(SB)/8, $-1
DATA kept<>+16(SB)/8, $-1
DATA kept<>+24(SB)/8, $-1
DATA kept<>+32(SB)/8, $0
DATA kept<>+40(SB)/8, $0
DATA kept<>+48(SB)/8, $0
DATA kept<>+56(SB)/8, $0
GLOBL kept<>(SB), RODATA|NOPTR, $64

// The constants of wordKey.hash: c0, c1, c1, c0.
#define C0 $0x9E3779B97F4A7C15
DATA mixing<>+0(SB)/8, C0
DATA mixing<>+8(SB)/8, $0xD1B54A32D192ED03
DATA mixing<>+16(SB)/8, $0xD1B54A32D192ED03
DATA mixing<>+24(SB)/8, C0
GLOBL mixing<>(SB), RODATA|NOPTR, $32

// func pushWords(list *stretch, text *byte, at int, starts, outside uint64, lines *cacheLine, shift int)
//
// AX and BX start and end in the block, then BX size, AX hash.
TEXT ·pushWords(SB), NOSPLIT, $0-56
	MOVQ list+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ at+16(FP), R8
	MOVQ starts+24(FP), R9
	MOVQ outside+32(FP), R10
	MOVQ lines+40(FP), R11
	MOVQ shift+48(FP), CX
	LEAQ kept<>+const_maxCached(SB), R13
	MOVQ C0, R14
	VMOVDQU mixing<>(SB), Y2

next:
	TZCNTQ R9, AX
	BLSIQ R9, BX
	BLSRQ R9, R9
	ADDQ BX, BX
	NEGQ BX          // the bits after start
	ANDQ R10, BX
	TZCNTQ BX, BX    // 64 if there is none
	LEAQ (R8)(AX*1), DX
	MOVQ DX, stretch_start(DI)
	LEAQ (R8)(BX*1), DX
	MOVQ DX, stretch_end(DI)
	SUBQ AX, BX
	CMPQ BX, $const_maxCached
	JHI done
	MOVQ R13, DX
	SUBQ BX, DX
	VMOVDQU (SI)(AX*1), Y0
	VPAND (DX), Y0, Y0
	VMOVDQU Y0, stretch_key(DI)
	VPXOR Y2, Y0, Y0
	VMOVQ X0, AX
	VPEXTRQ $1, X0, DX
	XORQ BX, AX
	MULQ DX
	XORQ DX, AX
	CMPQ BX, $const_halfBytes
	JLS short
	MOVQ AX, R12
	VEXTRACTI128 $1, Y0, X0
	VMOVQ X0, AX
	VPEXTRQ $1, X0, DX
	XORQ R12, AX
	MULQ DX
	XORQ DX, AX
	XORQ R12, AX

short:
	IMULQ R14, AX
	MOVQ AX, stretch_hash(DI)
	TESTQ R11, R11
	JZ done
	SHRQ CX, AX
	SHLQ $6, AX
	PREFETCHT0 (R11)(AX*1)

done:
	ADDQ $stretch__size, DI
	TESTQ R9, R9
	JNZ next
	VZEROUPPER
	RET

// func copyKnown(list *stretch, n int, lines *cacheLine, shift int, dst *int32) (words, ids int)
TEXT ·copyKnown(SB), NOSPLIT, $0-56
	MOVQ list+0(FP), DI
	MOVQ n+8(FP), R9
	MOVQ lines+16(FP), R11
	MOVQ shift+24(FP), CX
	MOVQ dst+32(FP), R8
	XORQ R10, R10

known:
	MOVQ stretch_end(DI), BX
	SUBQ stretch_start(DI), BX
	CMPQ BX, $const_halfBytes
	JHI stop
	MOVQ stretch_hash(DI), AX
	SHRQ CX, AX
	SHLQ $6, AX
	ADDQ R11, AX // the line
	VMOVDQU stretch_key(DI), X0
	VPXOR cachedHalf_key(AX), X0, X0
	VPTEST X0, X0
	JNE stop
	CMPB BX, cachedHalf_size(AX)
	JNE stop
	MOVBLZX cachedHalf_n(AX), DX
	CMPL DX, $const_halfIDs
	JHI stop
	VMOVDQU cachedHalf_ids(AX), X1
	VMOVDQU X1, (R8)
	LEAQ (R8)(DX*4), R8
	ADDQ $stretch__size, DI
	INCQ R10
	CMPQ R10, R9
	JLT known

stop:
	MOVQ R10, words+40(FP)
	SUBQ dst+32(FP), R8
	SHRQ $2, R8
	MOVQ R8, ids+48(FP)
	RET
