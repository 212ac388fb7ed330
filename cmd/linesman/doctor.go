package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"linesman/models/onnx"
)

// DoctorCmd says what the box lacks.
type DoctorCmd struct {
	Health string `placeholder:"URL" help:"Only ask a running appliance whether it answers, such as http://127.0.0.1:8080/healthz."`
}

// Run looks for the inference library, or asks a running appliance.
func (c *DoctorCmd) Run(ctx context.Context) error {
	if c.Health != "" {
		return c.ask(ctx)
	}
	path := onnx.Library()
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("ONNX Runtime: %w; run make setup, or set LINESMAN_ORT to libonnxruntime.so", err)
	}
	fmt.Println("ONNX Runtime: " + path)
	return nil
}

func (c *DoctorCmd) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Health, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the appliance does not answer: %w; start it with linesman run", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", c.Health, answer.Status)
	}
	return nil
}
