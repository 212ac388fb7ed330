package rtsp_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"linesman/camera/rtsp"
)

func TestDecode(t *testing.T) {
	cases := []struct{ name, yaml, want string }{
		{"least", "url: rtsp://10.0.0.1/a", ""},
		{"all", "driver: rtsp\nurl: rtsp://10.0.0.1/a\nusername: u\npassword: " + password + "\ntimeout: 3s", ""},
		{"unknown key", "url: rtsp://10.0.0.1/a\npassword: " + password + "\nuser: u", "[3:1]"},
		{"wrong type", "url: rtsp://10.0.0.1/a\npassword: " + password + "\ntimeout: soon", "give timeout as"},
		{"no url", "username: u", "url is missing"},
		{"another scheme", "url: http://u:" + password + "@10.0.0.1/a", "no rtsp address"},
		{"no address", "url: rtsp:///" + password, "no rtsp address"},
		{"not an address", "url: 'rtsp://u:" + password + "#@%zz/'", "no rtsp address"},
		{"two passwords", "url: rtsp://h/\nusername: u\npassword: " + password + "\npassword_env: P", "keep one"},
		{"credentials twice", "url: rtsp://u:" + password + "@h/\nusername: u", "keep them beside it"},
		{"no user", "url: rtsp://h/\npassword: " + password, "no username"},
		{"sub of another kind", "url: rtsp://h/\nsub: http://h/small", "sub is no rtsp address"},
		{"sub with a user", "url: rtsp://h/\nsub: rtsp://u:" + password + "@h/small", "leave it out"},
		{"fps", "url: rtsp://h/\nfps: -5", "fps is -5"},
		{"negative", "url: rtsp://h/\ntimeout: -1s", "timeout is -1s"},
		{"another driver", "driver: sim\nurl: rtsp://h/", "want rtsp"},
	}
	for _, c := range cases {
		_, err := rtsp.Decode([]byte(c.yaml))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%s: the error tells the password: %v", c.name, err)
		}
	}
}

func TestSettingsDoNotPrintThePassword(t *testing.T) {
	s := rtsp.Settings{URL: "rtsp://admin:" + password + "@10.0.0.1/" + password, Password: password}
	for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
		if got := fmt.Sprintf(verb, s); strings.Contains(got, password) || !strings.Contains(got, "10.0.0.1") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func TestPasswordFromTheEnvironment(t *testing.T) {
	s := rtsp.Settings{URL: "rtsp://10.0.0.1/a", Username: "u", PasswordEnv: "LINESMAN_TEST_PASSWORD", Timeout: time.Second}
	if _, err := rtsp.New("top", s); err == nil || !strings.Contains(err.Error(), "LINESMAN_TEST_PASSWORD") {
		t.Errorf("without the variable: %v", err)
	}
	t.Setenv("LINESMAN_TEST_PASSWORD", password)
	if _, err := rtsp.New("top", s); err != nil {
		t.Errorf("with the variable: %v", err)
	}
}

func TestSampleOfTheREADME(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	sample, _, ok := strings.Cut(rest, "```")
	s, err := rtsp.Decode([]byte(sample))
	if !ok || err != nil || s.URL == "" {
		t.Errorf("the sample gives %v, %v", s, err)
	}
}
