// Command linesman is the appliance: it judges the parts on a belt and tells
// afterwards why.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"linesman/sim/fault"
)

// commands is the one list of what the program can be asked to do.
type commands struct {
	Demo        DemoCmd            `cmd:"" help:"Run a drawn line with its controller and the appliance beside it."`
	Init        InitCmd            `cmd:"" help:"Write the site file of a new line: it asks what only you can know, and finds the rest."`
	Gather      GatherCmd          `cmd:"" help:"Take parts to be taught off a line's camera, and say which stand out."`
	Run         RunCmd             `cmd:"" help:"Run the lines of a site file."`
	Sim         SimCommands        `cmd:"" help:"Run a drawn line and its PLC as a process of their own, or break something on it."`
	Line        LineCmd            `cmd:"" help:"Act on a line."`
	Check       CheckCmd           `cmd:"" help:"Check a site file and its recipes and models."`
	Doctor      DoctorCmd          `cmd:"" help:"Say what this box lacks, or whether an appliance answers."`
	Teach       TeachCmd           `cmd:"" help:"Teach a model from good pictures alone."`
	Bench       BenchCmd           `cmd:"" help:"Measure what the product claims."`
	Inspect     InspectCmd         `cmd:"" help:"Judge pictures by a taught model."`
	Replay      ReplayCmd          `cmd:"" help:"Judge stored parts again, and say whether a verdict changed."`
	Sample      SampleCommands     `cmd:"" help:"Say what judged parts really are, so that a model can learn from it."`
	Candidate   CandidateCommands  `cmd:"" help:"Teach a line's model anew beside the one that judges."`
	SecondLook  SecondLookCommands `cmd:"" name:"secondlook" help:"Keep what people called mistaken from raising alarms of safety cameras."`
	Recipe      RecipeCommands     `cmd:"" help:"Take a version of a recipe from draft to active, and back."`
	Detect      DetectCmd          `cmd:"" help:"Find people, dress, vehicles, fire and smoke in pictures."`
	TestRules   TestRulesCmd       `cmd:"" help:"Play scripted timelines to safety rules, and say which case is not as it should be."`
	Rescan      RescanCmd          `cmd:"" help:"Scan recordings of safety cameras again, and say which alarms would now be raised."`
	Count       CountCmd           `cmd:"" help:"Count what crosses a line in a video, through a network camera's stream."`
	Events      EventsCmd          `cmd:"" help:"Read the event log, check it, and carry events out and in."`
	Certificate CertificateCmd     `cmd:"" help:"Write the page on which a batch or a shift answers for itself."`
	Backup      BackupCmd          `cmd:"" help:"Copy a site while it runs: log, pictures, recipes, models, users."`
	Restore     RestoreCmd         `cmd:"" help:"Bring a site back from a backup, every file checked."`
	User        UserCommands       `cmd:"" help:"Keep the users: who may act and sign."`
	Token       TokenCommands      `cmd:"" help:"Keep the tokens by which modules reach the log."`
}

func main() {
	var c commands
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	p := parser(ctx, &c)
	k, err := p.Parse(os.Args[1:])
	p.FatalIfErrorf(err)
	k.FatalIfErrorf(k.Run())
}

// parser reads what is asked for into c.
func parser(ctx context.Context, c *commands) *kong.Kong {
	return kong.Must(c, kong.Name("linesman"), kong.Description("Vision inspection beside a production line: cameras in, verdicts out, proof kept."),
		kong.Vars{"fault_kinds": faultKinds(), "control": fault.DefaultAddress},
		kong.BindTo(ctx, (*context.Context)(nil)), kong.UsageOnError())
}
