package scene

// kind is what a scene does with a detection.
type kind uint8

const (
	unused   kind = iota
	person        // followed
	vehicle       // followed; one may be found as forklift here and as truck there
	dress         // belongs to a person
	hazard        // fire and smoke: watched by place
	luggage       // may be left behind
	standing      // cone, machinery: neither moves nor counts, hides nobody
)

// Person is the label of people.
const Person = "person"

// kinds are the labels that are understood, ours and COCO's.
var kinds = map[string]kind{
	Person:    person,
	"vehicle": vehicle, "forklift": vehicle, "car": vehicle, "truck": vehicle, "bus": vehicle, "bicycle": vehicle, "motorcycle": vehicle,
	"helmet": dress, "no-helmet": dress, "vest": dress, "no-vest": dress, "mask": dress, "no-mask": dress,
	"fire": hazard, "smoke": hazard,
	"backpack": luggage, "suitcase": luggage, "handbag": luggage, "box": luggage, "pallet": luggage,
	"cone": standing, "machinery": standing,
}

// Follows reports whether things of that label are followed from picture to
// picture.
func Follows(label string) bool { return kinds[label] == person || kinds[label] == vehicle }

// Vehicle reports whether a label is one of the vehicles.
func Vehicle(label string) bool { return kinds[label] == vehicle }

// Item is a piece of dress.
type Item string

// The items of dress that are judged.
const (
	Helmet Item = "helmet"
	Vest   Item = "vest"
	Mask   Item = "mask"
)

// Items are all of them, in the order of Track.Dress.
var Items = [...]Item{Helmet, Vest, Mask}

// dressOf says which item a label speaks of, by its place in Items, and whether
// it is worn.
func dressOf(label string) (item int, worn bool) {
	switch label {
	case "helmet":
		return 0, true
	case "no-helmet":
		return 0, false
	case "vest":
		return 1, true
	case "no-vest":
		return 1, false
	case "mask":
		return 2, true
	}
	return 2, false
}
