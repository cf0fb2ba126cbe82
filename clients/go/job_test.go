package vidmock_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vidmock.test/vidmock"
)

func TestAVideoIsMade(t *testing.T) {
	mock := vidmock.Start(t, "--clock", "manual")
	jobs := mock.URL + "/fal/queue/fal-ai/kling-video"
	var job struct {
		ID string `json:"request_id"`
	}
	ask(t, "POST", jobs+"/o1/reference-to-video", `{"prompt": "a kite over dunes"}`, &job)

	if err := mock.Advance(15 * time.Minute); err != nil {
		t.Fatal(err)
	}
	var result struct{ Video struct{ URL string } }
	ask(t, "GET", jobs+"/requests/"+job.ID, "", &result)
	if file := get(t, "GET", result.Video.URL, ""); string(file[4:8]) != "ftyp" {
		t.Fatalf("no MP4 file: %q", file[:8])
	}
}

func ask(t *testing.T, method, url, body string, into any) {
	t.Helper()
	if err := json.Unmarshal(get(t, method, url, body), into); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, method, url, body string) []byte {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Key any")
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("%s %s: %d: %s %v", method, url, answer.StatusCode, content, err)
	}
	return content
}
