package chat

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"linesman/alarm"
)

// dingtalk signs as open.dingtalk.com has it for custom robots: HMAC-SHA256 by
// the secret over milliseconds, a line end and the secret.
func dingtalk(c *Channel, n alarm.Notice, now time.Time) (string, any) {
	address := c.set.URL
	if c.set.Secret != "" {
		stamp := strconv.FormatInt(now.UnixMilli(), 10)
		m := hmac.New(sha256.New, []byte(c.set.Secret))
		m.Write([]byte(stamp + "\n" + c.set.Secret))
		q := url.Values{"timestamp": {stamp}, "sign": {base64.StdEncoding.EncodeToString(m.Sum(nil))}}
		join := "?"
		if strings.Contains(address, "?") {
			join = "&"
		}
		address += join + q.Encode()
	}
	return address, map[string]any{"msgtype": "text", "text": map[string]string{"content": c.text(n)}}
}

// wecom writes as developer.work.weixin.qq.com has it for group robots.
func wecom(c *Channel, n alarm.Notice, _ time.Time) (string, any) {
	return c.set.URL, map[string]any{"msgtype": "text", "text": map[string]string{"content": c.text(n)}}
}

// feishu signs as open.feishu.cn has it for custom bots: HMAC-SHA256 of nothing,
// by seconds, a line end and the secret.
func feishu(c *Channel, n alarm.Notice, now time.Time) (string, any) {
	body := map[string]any{"msg_type": "text", "content": map[string]string{"text": c.text(n)}}
	if c.set.Secret != "" {
		stamp := strconv.FormatInt(now.Unix(), 10)
		m := hmac.New(sha256.New, []byte(stamp+"\n"+c.set.Secret))
		body["timestamp"], body["sign"] = stamp, base64.StdEncoding.EncodeToString(m.Sum(nil))
	}
	return c.set.URL, body
}

func telegram(c *Channel, n alarm.Notice, _ time.Time) (string, any) {
	address := strings.TrimSuffix(c.set.URL, "/") + "/bot" + c.set.Token + "/sendMessage"
	return address, map[string]any{"chat_id": cmp.Or(n.To, c.set.Chat), "text": c.text(n), "link_preview_options": map[string]bool{"is_disabled": true}}
}

func slack(c *Channel, n alarm.Notice, _ time.Time) (string, any) {
	return c.set.URL, map[string]any{"text": strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(c.text(n))}
}

// teams writes an adaptive card, as the webhooks of Power Automate take it.
func teams(c *Channel, n alarm.Notice, _ time.Time) (string, any) {
	block := func(text, weight string) map[string]any {
		return map[string]any{"type": "TextBlock", "text": text, "wrap": true, "weight": weight}
	}
	card := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": []any{block(n.Title, "bolder"), block(strings.TrimPrefix(c.text(n), n.Title+"\n"), "default")},
	}
	return c.set.URL, map[string]any{"type": "message", "attachments": []any{map[string]any{
		"contentType": "application/vnd.microsoft.card.adaptive", "content": card}}}
}
