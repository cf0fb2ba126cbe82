package vidmock_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"vidmock.test/vidmock"
)

func TestAServerIsUsedAgainAndEndsByItself(t *testing.T) {
	ctx, end := context.WithCancel(context.Background())
	mock, err := vidmock.StartContext(ctx, "", "--clock", "manual")
	if err != nil {
		t.Fatal(err)
	}
	var job map[string]any
	ask(t, "POST", mock.URL+"/fal/queue/fal-ai/kling-video/o1/reference-to-video", `{"prompt": "a kite"}`, &job)
	same := vidmock.At(mock.URL+"/", "")
	if err := same.Reset(); err != nil {
		t.Fatal(err)
	}
	jobs, err := same.Control("GET", "/jobs", nil)
	if err != nil || !strings.Contains(string(jobs), `"jobs":[]`) {
		t.Errorf("not forgotten: %s %v", jobs, err)
	}
	lines, err := same.Env("--api-key", "a-key")
	said := strings.Join(lines, "\n") + "\n"
	if err != nil || !strings.Contains(said, "VIDMOCK_URL="+mock.URL+"\n") || !strings.Contains(said, "FAL_KEY=a-key\n") {
		t.Errorf("leads elsewhere: %s %v", said, err)
	}
	same.Close()
	tells(t, same.Advance(-time.Second), "POST /clock/advance: 400: ")
	end()
	mock.Close()
	if err := same.Reset(); err == nil {
		t.Error("it answers after its end")
	}
}

func TestAServerEndsWithAProgramThatIsKilled(t *testing.T) {
	if os.Getenv("VIDMOCK_KILLED") != "" {
		fmt.Println("url " + vidmock.Start(t).URL)
		select {}
	}
	program := exec.Command(os.Args[0], "-test.run=^TestAServerEndsWithAProgramThatIsKilled$")
	program.Env = append(os.Environ(), "VIDMOCK_KILLED=1")
	said, err := program.StdoutPipe()
	if err != nil || program.Start() != nil {
		t.Fatal(err)
	}
	defer func() { _ = program.Wait() }()
	var url string
	if _, err := fmt.Fscanf(said, "url http://%s\n", &url); err != nil {
		t.Fatal(err)
	}
	connection, err := net.Dial("tcp", url)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := connection.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the server goes on: ", err)
	}
}

func TestWhatCannotBeStartedIsToldWithWhatToType(t *testing.T) {
	_, err := vidmock.StartContext(context.Background(), "no-such-program")
	tells(t, err, "no-such-program cannot be started (")
	tells(t, err, "VIDMOCK_COMMAND=/path/to/vidmock")
	t.Setenv("VIDMOCK_COMMAND", "no-such-program")
	_, err = vidmock.At("http://127.0.0.1:9", "").Env()
	tells(t, err, "no-such-program cannot be started (")
}

func TestAServerThatDoesNotStartSaysItsOwnWords(t *testing.T) {
	_, err := vidmock.StartContext(context.Background(), "", "--clock", "nonsense")
	tells(t, err, "vidmock serve has ended: vidmock: no such clock: 'nonsense'")
}

func TestAContainerIsSentItsToken(t *testing.T) {
	var sent []string
	container := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		sent = append(sent, request.Method+" "+request.URL.Path+" "+request.Header.Get("x-vidmock-token"))
	}))
	defer container.Close()
	mock := vidmock.At(container.URL, "a-token")
	defer mock.Close()
	if err := mock.Reset(); err != nil || len(sent) != 1 || sent[0] != "POST /_vidmock/worlds/reset a-token" {
		t.Error(sent, err)
	}
}

func tells(t *testing.T, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%v does not tell %q", err, words)
	}
}
