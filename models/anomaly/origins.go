package anomaly

import (
	"encoding/json"
	"fmt"
)

// OriginsFile is the file of a model folder that says where its good patches were
// seen.
const OriginsFile = "origins.json"

// keptFolder holds the good pictures that were kept.
const keptFolder = "good/"

// MostKept and MostKeptBytes bound the good pictures that a model folder keeps.
const (
	MostKept      = 64
	MostKeptBytes = 4 << 20
)

const originsVersion = 1

// Origins says of each patch of the bank on which good part it was seen, and where.
type Origins struct {
	Version int       `json:"version"`
	Parts   []Origin  `json:"parts"`
	Levels  [][]Place `json:"levels"` // by level of the network, a place for each row of its bank
}

// Origin is one good part that patches of the bank were seen on.
type Origin struct {
	Name string `json:"name,omitempty"` // its file when it was taught; empty for a part of a line
	File string `json:"file,omitempty"` // in the model folder; empty if its picture was not kept
}

// Place is where a patch was seen: a cell of the level's grid over the whole part.
type Place struct {
	Part        int // of Origins.Parts
	Column, Row int
	Columns     int
	Rows        int
	Mirrored    int // how it was shown: bit 0 left to right, bit 1 top to bottom; the cell is that before
}

// MarshalJSON writes six numbers.
func (p Place) MarshalJSON() ([]byte, error) {
	return json.Marshal([6]int{p.Part, p.Column, p.Row, p.Columns, p.Rows, p.Mirrored})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Place) UnmarshalJSON(data []byte) error {
	var n [6]int
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*p = Place{n[0], n[1], n[2], n[3], n[4], n[5]}
	return nil
}

// KeptName returns the file of the i-th good picture that is kept.
func KeptName(i int) string { return fmt.Sprintf("%s%d.jpg", keptFolder, i+1) }

func (o *Origins) save() ([]byte, error) {
	o.Version = originsVersion
	return json.Marshal(o)
}

// readOrigins reads what save wrote.
func readOrigins(data []byte) (*Origins, error) {
	var o Origins
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("%s: %w", OriginsFile, err)
	}
	if o.Version != originsVersion {
		return nil, fmt.Errorf("%s: version %d, this program knows %d: update linesman", OriginsFile, o.Version, originsVersion)
	}
	for l, places := range o.Levels {
		for i, p := range places {
			if p.Part < 0 || p.Part >= len(o.Parts) || p.Column < 0 || p.Column >= p.Columns || p.Row < 0 || p.Row >= p.Rows || p.Mirrored < 0 || p.Mirrored > 3 {
				return nil, fmt.Errorf("%s: patch %d of level %d lies nowhere: %+v of %d parts", OriginsFile, i, l, p, len(o.Parts))
			}
		}
	}
	return &o, nil
}
