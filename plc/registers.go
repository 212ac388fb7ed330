package plc

// The register map between us and a controller, version 1, as docs/plc.md
// prints it. Addresses are offsets from the map's base. Two-word values are
// high word first unless the site says word_order: little.
const (
	Magic      = 0x4C4D // "LM" in StatusMagic: the other side speaks this map
	MapVersion = 1

	// Input registers: one block of status, published once a scan, read at once.
	StatusMagic   = 0
	StatusVersion = 1
	StatusLanes   = 2
	StatusBits    = 3 // of the encoder: 16 or 32
	StatusBoot    = 4 // two words; changes at every restart
	StatusEncoder = 6 // two words, raw
	StatusFlags   = 8
	StatusWhy     = 9  // HoldReason
	StatusSpeed   = 10 // two words, ticks a second
	StatusTaken   = 12 // seq of the last entry taken
	StatusCommand = 13 // seq of the last command obeyed
	StatusEdges   = 14 // two words: seq of the newest edge
	StatusEchoes  = 16 // two words: seq of the newest echo
	StatusTrigger = 18 // two words: triggers since boot
	StatusScans   = 20 // counts scans, one word
	StatusBeat    = 21 // the heartbeat last seen
	StatusStray   = 22 // two words
	StatusDouble  = 24 // two words
	StatusVetoed  = 26 // two words
	StatusUnsure  = 28 // two words
	StatusEscaped = 30 // two words
	StatusWindow  = 32 // ticks, one word
	StatusClear   = 33 // ticks, one word
	StatusRecipe  = 34 // number of the product asked for; 0: no wish, or a program that knows none
	StatusLane    = 35 // per lane: gate, eject, exit, two words each
	LaneWords     = 6
	MaxLanes      = 15
	StatusWords   = StatusLane + LaneWords*MaxLanes // 125: one request

	// Bits of StatusFlags.
	FlagHeld    = 1 << 0
	FlagRunning = 1 << 1 // the belt moves
	FlagPulse   = 1 << 2 // pulse mode

	// Input registers: the latched edges, slot seq%EdgeSlots:
	// {seq hi, seq lo, sensor<<8|lane, tick hi, tick lo, flags<<15 | trigger number}.
	EdgeBase   = 1000
	EdgeSlots  = 1024
	EdgeWords  = 6
	EdgeDouble = 1 << 15

	// Input registers: the echoes, slot seq%EchoSlots:
	// {seq hi, seq lo, result<<8|lane, due hi, due lo, fired hi, fired lo, trigger lo}.
	EchoBase  = 8000
	EchoSlots = 1024
	EchoWords = 8

	// Holding registers: what the PC writes.
	BeatReg     = 0 // changes every 50 ms
	CommandReg  = 1 // obeyed when CommandSeq changes
	CommandSeq  = 2
	BootSeenReg = 3 // the low word of the boot count the PC has seen: its handshake
	HeadReg     = 4 // seq of the last entry written
	WindowReg   = 5 // ticks; 0 keeps the controller's own
	ClearReg    = 6 // ticks; 0 keeps the controller's own
	RecipeReg   = 7 // number of the product judged by; 0: none. Written once StatusRecipe was not 0

	// Holding registers: the ring of entries, slot seq%EntrySlots:
	// {trigger hi, trigger lo, lane, outcome, due hi, due lo, boot lo, seq}.
	EntryBase  = 1000
	EntrySlots = 128
	EntryWords = 8

	// Commands.
	CommandHold    = 1
	CommandRelease = 2

	// Outcomes on the wire. Zero, an empty register, is never a pass.
	WireInconclusive = 0
	WirePass         = 1
	WireFail         = 2

	// Coils: the pass gates of pulse mode by lane, then outputs for the site.
	PassCoil   = 0
	OutputCoil = 16
	Coils      = 64
)
