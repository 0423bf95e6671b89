// Package fit solves for the rows of a static model: the mean of a text's rows is
// to resemble the vector that a teacher gives the text. For a student that averages
// rows this is a linear least-squares problem, so there are no epochs and no
// learning rate, and the same input gives the same bytes.
//
// Letters in names and shapes: N texts, V rows of the student's vocabulary, H a
// teacher's width (ΣH of several teachers), D the student's width.
//
//  1. Texts is S (N×V, sparse): S[n,t] is the share of token t among the tokens of
//     text n that count.
//  2. Targets T (N×D): the teacher's vectors, at unit length, centred, on their
//     principal components, at unit length again.
//  3. The prior P (V×D): the teacher's rows, centred, times their SIF weights, in
//     the same space. Where there are no rows, each token's mean target.
//  4. The rows E minimise Σ_n ‖a_n (S·E)_n − T_n‖² + λ‖E − P‖², a_n = 1/‖(S·P)_n‖.
//     The normal equations are solved by conjugate gradients, all D columns at once.
//
// Memory is six V×D matrices, S at 8 bytes an entry (in a temporary file beyond a
// limit) and 17 bytes a text, and one batch of vectors: neither N×H nor N×D is held.
//
// docs/fitting.md says what this brings and how many texts it takes.
package fit
