package vision

// Reset forgets what the last Locate found and keeps the buffers for the next.
func (c *Crops) Reset() {
	c.Items = c.Items[:0]
	c.Cut = 0
	c.Quality = Quality{}
}

// Add appends one crop of size x size pixels with recycled Pix and Mask, whose
// contents are whatever was there before, and every other field zero. The
// pointer is good until the next Add.
func (c *Crops) Add(size int) *Crop {
	n := len(c.Items)
	if n == len(c.buffers) {
		c.buffers = append(c.buffers, nil)
	}
	area := size * size
	if cap(c.buffers[n]) < 4*area {
		c.buffers[n] = make([]byte, 4*area)
	}
	b := c.buffers[n][:4*area]
	c.Items = append(c.Items, Crop{Size: size, Pix: b[: 3*area : 3*area], Mask: b[3*area:]})
	return &c.Items[n]
}

// Clone returns a copy of the crop that owns its buffers, for those who keep
// parts beyond the next Locate: teaching, evidence.
func (c *Crop) Clone() Crop {
	d := *c
	d.Pix = append([]byte(nil), c.Pix...)
	if c.Mask != nil {
		d.Mask = append([]byte(nil), c.Mask...)
	}
	return d
}
