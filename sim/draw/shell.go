package draw

import "math"

// outside is far outside of everything, mm.
const outside = -1e3

// domed is how far inside a round-ended cylinder a place lies: u counted from
// where its dome begins, v across.
func domed(u, v, radius float32) float32 {
	if u <= 0 {
		return radius - max(v, -v)
	}
	return radius - float32(math.Sqrt(float64(u*u+v*v)))
}

// rounded is the smaller of the two, with the corner between them rounded off.
func rounded(a, b float32) float32 {
	const corner = 1.2
	h := clamp(0.5 + 0.5*(b-a)/corner)
	return b + (a-b)*h - corner*h*(1-h)
}

// inCap returns how far inside the cap (u, v) lies, mm; negative: outside.
//
//go:norace
func (s *shell) inCap(u, v float32) float32 {
	if s.missing == capHalf {
		return outside
	}
	in := min(domed(u-s.half+s.capR, v, s.capR), u-s.joint)
	if s.squashed == capHalf {
		in = rounded(in, s.half-s.squash-u+s.lean*v)
	}
	return in
}

// inBody is inCap's like for the body, as far as it is not in the cap.
//
//go:norace
func (s *shell) inBody(u, v float32) float32 {
	if s.missing == bodyHalf {
		return outside
	}
	in := min(domed(-u-s.half+s.bodyR, v, s.bodyR), s.rim-u)
	if s.squashed == bodyHalf {
		in = rounded(in, s.half-s.squash+u+s.lean*v)
	}
	return in
}

// inSecond is inCap's like for a cap over the body's end.
//
//go:norace
func (s *shell) inSecond(u, v float32) float32 {
	if !s.second {
		return outside
	}
	return min(domed(-u-s.half+s.capR, v, s.capR), s.secondEdge-u)
}

// glossy are the lamps' two bars along the belt, mirrored in a cylinder: levels
// added, by where across the belt its surface faces, -1 to 1 in glossySteps.
var glossy = func() (bars [glossySteps + 1]float32) {
	for i := range bars {
		q := float64(i)/glossySteps*2 - 1
		bar := func(at, wide, high float64) float64 { return high * math.Exp(-(q-at)*(q-at)/(wide*wide)) }
		bars[i] = float32(bar(-0.44, 0.10, 42) + bar(-0.40, 0.30, 9) + bar(0.52, 0.07, 21))
	}
	return bars
}()

const glossySteps = 256

// sheen returns the level that a half adds and the share of its colour that
// shows where its surface faces (qu, qv), both 0 on top and up to 1 at its side.
func (b *body) sheen(u, qu, qv float32) (level, light float32) {
	s := b.look.shell
	n := qu*qu + qv*qv
	up := float32(math.Sqrt(float64(max(1-n, 0))))
	qx, qy := qu*b.cos-qv*b.sin, qu*b.sin+qv*b.cos
	level = 0.58 + 0.42*up + 0.05*(qx*lampX+qy*lampY)
	light = glossy[int((min(max(qy, -1), 1)+1)*(glossySteps/2))]
	if light > 0.5 {
		ends := clamp(1.4 - 2*max(qx, -qx))
		light *= s.gloss * ends * (1 + 0.10*float32(math.Sin(float64(u*1.1+s.ripple))))
	}
	return level, light
}

// bump is a smooth hill of height 1 about at.
func bump(v, at, wide float32) float32 {
	v = (v - at) / wide
	return max(1-v*v, 0)
}

// shell draws a capsule without the flaw that lies on it.
//
//go:norace
func (c canvas) shell(b *body) {
	s, l := b.look.shell, &b.look
	grit := float32(frosting) / 40 * l.grain
	tile := grain()
	leftX, topY := int(math.Floor(float64(b.x))), int(math.Floor(float64(b.y)))
	x0, x1, y0, y1 := c.window(b.x, b.y, b.reachX+1, b.reachY+1)
	for y := y0; y < y1; y++ {
		dy := (float32(y) + 0.5 - b.y) / b.perMM
		row := c.pix[y*c.stride:]
		speckles := tile[(l.grainY+y-topY)&(grainSize-1)*grainSize:][:grainSize:grainSize]
		for x := x0; x < x1; x++ {
			dx := (float32(x) + 0.5 - b.x) / b.perMM
			u, v := dx*b.cos+dy*b.sin, dy*b.cos-dx*b.sin
			px := row[x*3:][:3:3]
			speckle := 1 + grit*float32(speckles[(l.grainX+x-leftX)&(grainSize-1)])
			inCap := s.inCap(u, v)
			capCover := clamp(inCap*b.perMM + 0.5)
			if capCover < 1 {
				if cover := clamp(s.inBody(u, v)*b.perMM + 0.5); cover > 0 {
					level, light := b.bodyLight(u, v)
					blend(px, &s.colour[1], level*speckle, light, cover)
				}
				if cover := clamp(s.inSecond(u, v)*b.perMM + 0.5); cover > 0 {
					level, light := b.capLight(-u, v, -s.secondEdge, outside)
					blend(px, &s.colour[0], level*speckle, light, cover)
				}
			}
			if capCover > 0 {
				level, light := b.capLight(u, v, s.joint, s.rim)
				blend(px, &s.colour[0], level*speckle, light, capCover)
			}
		}
	}
}

// blend puts a colour over a pixel that it covers in part.
func blend(px []byte, colour *rgb, level, light, cover float32) {
	for k := range px {
		v := float32(colour[k])*level + light
		px[k] = byte(min(max(v*cover+float32(px[k])*(1-cover)+0.5, 0), 255))
	}
}

// capLight is the light on a cap that ends towards +u and has its edge at
// joint, over a body with its rim at rim.
func (b *body) capLight(u, v, joint, rim float32) (level, light float32) {
	s := b.look.shell
	level, light = b.sheen(u, max(u-s.half+s.capR, 0)/s.capR, v/s.capR)
	at := u - joint
	level *= 1 + 0.06*bump(at, 0.08, 0.12) - 0.05*bump(at, lockMM, 0.22)
	if u < rim { // two walls
		level *= 0.975
	}
	level *= 1 - 0.04*bump(u, rim, 0.15)
	if at > lockMM-0.6 && at < lockMM+0.6 {
		for _, p := range s.dimples {
			level *= 1 - 0.05*bump(v, p.v, p.wide)*bump(at, lockMM, 0.5)
		}
	}
	if s.missing == bodyHalf { // the open end: its edge, and the dark inside behind
		level *= 1 - 0.25*clamp(1-(at-0.2)/0.5)*clamp((at-0.1)/0.15)
	}
	return b.bruised(capHalf, u, level, light)
}

// bodyLight is the light on the body.
func (b *body) bodyLight(u, v float32) (level, light float32) {
	s := b.look.shell
	level, light = b.sheen(u, min(u+s.half-s.bodyR, 0)/s.bodyR, v/s.bodyR)
	if s.missing == capHalf {
		at := s.rim - u
		level *= 1 + 0.05*bump(at, 0.05, 0.12) - 0.25*clamp(1-(at-0.2)/0.5)*clamp((at-0.1)/0.15)
	} else { // the cap's shadow
		level *= 1 - 0.24*clamp(1-(s.joint-u)/0.32)
	}
	if s.second {
		level *= 1 - 0.24*clamp(1-(u-s.secondEdge)/0.32)
	}
	return b.bruised(bodyHalf, u, level, light)
}

// bruised darkens an end that was squashed flat, most where it folds.
func (b *body) bruised(h side, u, level, light float32) (float32, float32) {
	s := b.look.shell
	if s.squashed != h {
		return level, light
	}
	from := s.half - s.squash - u*float32(h)
	m := clamp(1 - from/(0.5+s.squash))
	return level * (1 - s.bruise*m), light * (1 - m)
}
