package lastwords

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestKeep(t *testing.T) {
	var k Keep
	if k.String() != "" {
		t.Errorf("nothing was said, and %q is kept", k.String())
	}
	long := strings.Repeat("a", 3*most) + "end"
	if n, err := fmt.Fprint(&k, "begin", long); err != nil || n != len("begin")+len(long) {
		t.Errorf("took %d bytes, %v", n, err)
	}
	if got := k.String(); got != long[len(long)-most:] {
		t.Errorf("%d bytes are kept, to %q", len(got), got[len(got)-5:])
	}
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() { fmt.Fprint(&k, "12345678") })
	}
	work.Wait()
	if got := k.String(); !strings.HasSuffix(got, "end"+strings.Repeat("12345678", 8)) || len(got) != most {
		t.Errorf("eight at once: %d bytes are kept, to %q", len(got), got[len(got)-70:])
	}
}
