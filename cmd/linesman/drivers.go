package main

import (
	"context"
	"fmt"

	"linesman/alarm"
	"linesman/alarm/beacon"
	"linesman/alarm/chat"
	"linesman/alarm/mail"
	"linesman/alarm/webhook"
	"linesman/alarm/webpush"
	"linesman/camera"
	"linesman/camera/file"
	"linesman/camera/rtsp"
	camerasim "linesman/camera/sim"
	"linesman/config"
	"linesman/part"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/plc/off"
)

// openCamera is the whole list of camera drivers.
func openCamera(id part.CameraID, c config.Camera) (camera.Driver, error) {
	switch c.Name {
	case "sim":
		s, err := camerasim.Decode(c.Options)
		if err != nil {
			return nil, err
		}
		return camerasim.New(id, s)
	case "rtsp":
		s, err := rtsp.Decode(c.Options)
		if err != nil {
			return nil, err
		}
		return rtsp.New(id, s)
	case "file":
		s, err := file.Decode(c.Options)
		if err != nil {
			return nil, err
		}
		return file.New(id, s)
	}
	return nil, fmt.Errorf("camera %s: driver %q is not known; there are sim, rtsp and file", id, c.Name)
}

// dialController is the whole list of controller drivers.
func dialController(name string, c config.Driver) (func(context.Context) (plc.Controller, error), error) {
	switch c.Name {
	case "modbus":
		s, err := decodeModbus(c.Options)
		if err != nil {
			return nil, err
		}
		l, err := modbus.New(s)
		if err != nil {
			return nil, err
		}
		return l.Dial, nil
	case "off":
		return off.Dial, nil
	}
	return nil, fmt.Errorf("controller %s: driver %q is not known; there are modbus and off", name, c.Name)
}

// openChannel is the whole list of ways to reach people.
func openChannel(name string, c alarm.Channel, m alarm.Means, phones *alarm.Phones, controller func(string) beacon.Controller) (alarm.Deliverer, error) {
	switch c.Driver {
	case "page":
		return phones, nil
	case "webpush":
		return webpush.New(name, c, m)
	case "webhook":
		return webhook.New(name, c, m)
	case "mail":
		return mail.New(name, c, m)
	case "chat":
		return chat.New(name, c, m)
	case "beacon":
		return beacon.New(name, c, controller)
	}
	return nil, fmt.Errorf("alarms.channels.%s: driver %q is not known; there are page, webpush, webhook, mail, chat and beacon", name, c.Driver)
}
