package lanes

// Look interpolates a picture of side x side pixels, side at least 2, at the
// places (xs[i], ys[i]): pixels, the middle of the first one at (0, 0). Beyond the
// picture its border counts. out overlaps none of the others.
func Look(out, xs, ys, picture []float32, side int) {
	n := len(out)
	xs, ys, picture = xs[:n], ys[:n], picture[:side*side]
	last := float32(side) - 1.001
	if fast && n >= 8 {
		done := n &^ 7
		look8(&out[0], &xs[0], &ys[0], &picture[0], done, side, last)
		if done < n { // the last eight, some of them once more
			look8(&out[n-8], &xs[n-8], &ys[n-8], &picture[0], 8, side, last)
		}
		return
	}
	for k := range out {
		out[k] = lookAt(picture, side, xs[k], ys[k])
	}
}

// lookAt is Look at one place.
func lookAt(picture []float32, side int, x, y float32) float32 {
	last := float32(side) - 1.001
	x, y = held(x, last), held(y, last)
	i, j := int(x), int(y)
	fx, fy := x-float32(i), y-float32(j)
	at := j*side + i
	a, b := picture[at:at+2:at+2], picture[at+side:at+side+2:at+side+2]
	top := a[0] + fx*(a[1]-a[0])
	low := b[0] + fx*(b[1]-b[0])
	return top + fy*(low-top)
}

// held keeps v between 0 and last; what is no number is 0.
func held(v, last float32) float32 {
	if !(v > 0) {
		return 0
	}
	if v > last {
		return last
	}
	return v
}
