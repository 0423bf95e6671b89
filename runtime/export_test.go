package runtime

// OpenProducts counts the sessions of matrix products that are open.
func (rt *Runtime) OpenProducts() (n int) {
	for i := range rt.products {
		for j := range rt.products[i] {
			if rt.products[i][j].session != nil {
				n++
			}
		}
	}
	return n
}
