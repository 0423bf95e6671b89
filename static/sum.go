package static

// addRows adds rows of a table to sum: table[rows[k]*stride:] in order of k.
// len(sum) ≤ stride, and every row is one of the table's.
//
// Four rows a pass save three of four loads and stores of the sum: on 40 rows × 256 that
// halves the time. The kernels of amd64 halve it again.
func addRows(sum, table []float32, stride int, rows []int32) {
	n := len(sum)
	for ; len(rows) >= 4; rows = rows[4:] {
		a := table[int(rows[0])*stride:][:n]
		b := table[int(rows[1])*stride:][:n]
		c := table[int(rows[2])*stride:][:n]
		d := table[int(rows[3])*stride:][:n]
		for j := range sum {
			sum[j] = sum[j] + a[j] + b[j] + c[j] + d[j]
		}
	}
	for _, row := range rows {
		a := table[int(row)*stride:][:n]
		for j := range sum {
			sum[j] += a[j]
		}
	}
}

// addWeighted is addRows with each row times its weight. The products are
// rounded before they are added: without the conversions some processors would
// fuse the two, and vectors would depend on the machine.
func addWeighted(sum, table []float32, stride int, rows []int32, weights []float32) {
	n := len(sum)
	for ; len(rows) >= 4; rows, weights = rows[4:], weights[4:] {
		a, wa := table[int(rows[0])*stride:][:n], weights[0]
		b, wb := table[int(rows[1])*stride:][:n], weights[1]
		c, wc := table[int(rows[2])*stride:][:n], weights[2]
		d, wd := table[int(rows[3])*stride:][:n], weights[3]
		for j := range sum {
			sum[j] = sum[j] + float32(wa*a[j]) + float32(wb*b[j]) + float32(wc*c[j]) + float32(wd*d[j])
		}
	}
	for k, row := range rows {
		a, w := table[int(row)*stride:][:n], weights[k]
		for j := range sum {
			sum[j] += float32(w * a[j])
		}
	}
}
