// Package tokenlearn trains a static model on a teacher's vectors of texts by gradient
// descent, as the reference's tokenlearn made the potion models.
//
//  1. The start is a student of the teacher, distilled or fitted to the same texts: V×D.
//  2. The targets are the teacher's vectors, centred, on their D strongest components: N×D.
//  3. Each row is a direction of length 1 and a norm; both train. A text's vector is the mean
//     over its tokens of norm × direction; a linear layer makes of it what is compared with
//     the target.
//  4. AdamW goes over the texts, epoch by epoch, until the loss on texts that are held out
//     stops falling. The best rows become the student; the linear layer is dropped.
//
// The texts lie in a temporary file while this runs: memory grows by 16 bytes a text.
//
// Package fit solves the same problem without a gradient, in seconds, and better on all
// that docs/tokenlearn.md measures. This package is for the potion recipe as it was, for
// corpora in the millions of texts, and for comparisons.
//
// Source: tokenlearn 0.2.1, pretrain.py and train.py.
package tokenlearn
