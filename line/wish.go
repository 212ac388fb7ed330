package line

import (
	"fmt"
	"math"

	"linesman/event"
	"linesman/part"
	"linesman/plc"
)

// wish is the product that the controller asks for by its number.
type wish struct {
	number  uint16
	product string    // of the site's products; "" for 0 and for a number that is none
	since   part.Tick // parts from this place on may be of it
	refused string    // why the line holds: no part may be judged
	whatTo  string
	heard   bool // the controller has asked at least once
	said    uint16
}

// what names the product asked for.
func (w *wish) what() string {
	if w.product == "" {
		return fmt.Sprintf("product %d", w.number)
	}
	return fmt.Sprintf("product %d (%s)", w.number, w.product)
}

// doubt returns what speaks against judging a part of that place by the setup, ""
// if nothing.
func (w *wish) doubt(place part.Tick, u *setup) string {
	if w.number == 0 || place.Before(w.since) || w.product == u.Recipe.Name {
		return ""
	}
	return "changeover asked: the controller asks for " + w.what() + ", but this place of the belt is judged by " + u.id
}

// wished takes the product number of a reading. since is where the belt was at the
// reading before.
func (o *owner) wished(st *plc.Status, since part.Tick) {
	w := &o.wish
	if st.Recipe == w.number {
		if w.refused != "" && !st.Held {
			o.hold(w.refused) // somebody released it, but the cause stands
		}
		return
	}
	*w = wish{number: st.Recipe, since: since, heard: true, said: w.said}
	if since.Epoch != st.Now.Epoch { // nobody saw how long it has stood there
		w.since = part.Tick{Epoch: st.Now.Epoch, Count: math.MinInt64}
	}
	if w.number == 0 {
		return
	}
	w.product = o.set.Products[int(w.number)]
	switch {
	case w.product == "":
		o.refuse(fmt.Sprintf("the controller asks for product %d, which lines.%s.products of the site file does not name", w.number, o.s.cfg.Line),
			"name the number in products, or choose another product at the controller; then release the line")
	case o.wishMet():
	case o.s.cfg.Wanted == nil:
		o.refuse("the controller asks for "+w.what()+", and the line has nobody who changes its recipe", "set the number at the controller to 0")
	default:
		o.s.cfg.Wanted(w.product)
	}
}

// wishMet reports whether the product asked for is judged by now, or will be by
// the changeover that is on its way.
func (o *owner) wishMet() bool {
	return o.terms[len(o.terms)-1].setup.Recipe.Name == o.wish.product
}

// Refuse says that the product the controller asks for can not be judged: the line
// holds until it asks for another. A product that is not asked for any more, or
// is judged already, is passed over.
func (s *Station) Refuse(product string, why error) {
	_ = s.ask(func(o *owner) error { // of a line that has ended nobody asks anything
		if o.wish.product == product && !o.wishMet() {
			o.refuse(fmt.Sprintf("the controller asks for %s, which can not be judged: %v", o.wish.what(), why), "mend the cause and change over by hand, or choose another product at the controller; then release the line")
		}
		return nil
	})
}

// refuse holds the line for what the controller asks.
func (o *owner) refuse(why, whatTo string) {
	o.wish.refused, o.wish.whatTo = why, whatTo
	o.emit("line", event.LineHeld{Line: string(o.s.cfg.Line), Held: true, By: "us", Why: why, WhatTo: whatTo, Tick: eventTick(o.ctl.status.Now)})
	o.hold(why)
	o.judgeState()
}

// answer tells the controller what is judged by at the line's zero, and the
// workers whether parts are doubted there. A controller that never asked may not
// have the register.
func (o *owner) answer() {
	w := &o.wish
	u := o.termAt(o.ctl.status.Now).setup
	o.s.doubting.Store(w.number != 0 && u.Recipe.Name != w.product)
	if w.product != "" && w.refused != "" && o.wishMet() {
		w.refused, w.whatTo = "", ""
	}
	if !w.heard {
		return
	}
	if number := o.numberOf(u.Recipe.Name); number != w.said {
		w.said = number
		o.s.cfg.Outputs.Judging(number)
	}
}

// numberOf returns a product's number: the one asked by, where it is asked for,
// else the lowest; 0 if it has none.
func (o *owner) numberOf(product string) (number uint16) {
	if o.wish.number != 0 && o.wish.product == product {
		return o.wish.number
	}
	for n, name := range o.set.Products {
		if name == product && (number == 0 || uint16(n) < number) {
			number = uint16(n)
		}
	}
	return number
}
