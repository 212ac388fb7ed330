// Package linesman holds no code. It says in which order to read the rooms of
// an appliance that stands beside a production line: cameras in, verdicts out,
// proof kept. `ls` is alphabetical; a part is not. It travels
//
//	part      TRACKS      the words all rooms share; position, due tick, ledger
//	camera    SEES        frames and packets; supervisor and drivers
//	vision    PREPARES    geometry, locating, aligned crops, picture quality
//	models    RECOGNISES  one interface over every network; teaching
//	scene     FOLLOWS     people and vehicles from frame to frame
//	rules     DECIDES     results to verdict or alert; no clock, no I/O
//	recipe                what one product needs
//	plc       ACTS        the controller that opens the gate for a pass
//	event     REMEMBERS   the log every module lives on; evidence
//	access                users, roles, signatures
//	people                enrolled faces, qualifications, posts
//	alarm     CALLS       states, roster, escalation, deliverers
//	proof     PROVES      batches, challenges, certificates
//	line      RUNS        one belt, from frame to gate: read this first
//	watch     RUNS        one safety camera, from frame to alarm
//	plant     LEARNS      from the log afterwards
//	config                what one site has
//	api       SHOWS       HTTP and live stream
//	ui                    the screens
//	sim                   the drawn belt and its controller, with the truth
//	bench                 the measuring commands
//	cmd                   one command a file; plugs it all together
//	examples              site files to start from, kept valid by their test
//
// A room is made when its first line is written. Which room may know which
// stands in layers_test.go; why, in docs/architecture.md.
package linesman
