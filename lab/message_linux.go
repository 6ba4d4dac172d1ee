package lab

// Fill fills buf with a new message and returns its number; 0 if buf is too short
// to hold one: such bytes are matched by counting.
func (w *Worker) Fill(buf []byte) uint64 {
	w.msgs++
	msg := Message(w.Proc, w.msgs)
	fill(buf, payloadMark|msg)
	if len(buf) < 8 {
		return 0
	}
	return msg
}

// Took notes that a message was taken whole, and counts one that comes late or twice.
func (w *Worker) Took(msg uint64) {
	switch last := &w.read.last[Sender(msg)]; {
	case msg > *last:
		*last = msg
	case msg == *last:
		w.tally.duplicated++
	default:
		w.tally.reordered++
	}
}

// Check looks at what was read: it returns the newest message any byte of which
// was touched, and Torn if a message goes on after bytes of another one.
func (w *Worker) Check(buf []byte) (msg uint64, f Flags) {
	msg, torn, back, twice := w.read.scan(buf)
	w.tally.torn += torn
	w.tally.reordered += back
	w.tally.duplicated += twice
	if torn > 0 {
		f = Torn
	}
	return msg, f
}
