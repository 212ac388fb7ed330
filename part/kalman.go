package part

// Kalman is a constant-velocity filter of one coordinate, driven by white
// acceleration (Kalman, 1960): place and speed, with their covariance. The unit
// is the caller's; time is in seconds. What follows parts and people from frame
// to frame uses one for x and one for y.
type Kalman struct {
	At, Speed  float64
	aa, av, vv float64
}

// NewKalman returns a filter that believes a place and a speed with these
// variances.
func NewKalman(at, atVariance, speed, speedVariance float64) Kalman {
	return Kalman{At: at, Speed: speed, aa: atVariance, vv: speedVariance}
}

// Variance is how unsure the place is.
func (k *Kalman) Variance() float64 { return k.aa }

// Predict moves on by dt seconds; q is the variance that speed gains in a second.
func (k *Kalman) Predict(dt, q float64) {
	k.At += dt * k.Speed
	k.aa += 2*dt*k.av + dt*dt*k.vv + q*dt*dt*dt/3
	k.av += dt*k.vv + q*dt*dt/2
	k.vv += q * dt
}

// Update takes a measured place of variance r.
func (k *Kalman) Update(place, r float64) {
	s := k.aa + r
	ga, gv := k.aa/s, k.av/s
	d := place - k.At
	k.At += ga * d
	k.Speed += gv * d
	k.vv -= gv * k.av
	k.aa *= 1 - ga
	k.av *= 1 - ga
}
