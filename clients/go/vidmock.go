// Package vidmock starts a vidmock server for tests: a process of its own on a free port, or one that runs already.
package vidmock

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	patience = time.Minute
	goodbye  = 10 * time.Second
)

// Server is a server that was started here, or one At an address.
type Server struct {
	// URL is its address, http://127.0.0.1:PORT.
	URL string

	program, token string
	client         *http.Client
	command        *exec.Cmd
	ended          chan struct{}
}

// Start starts `vidmock serve` with more options, such as "--clock", "manual". It ends with the test.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	server, err := StartContext(context.Background(), "", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// StartContext starts the server of a program, or with "" of $VIDMOCK_COMMAND, or else of vidmock on the path. It ends
// with the context, by Close, or with this process, also where that is killed.
func StartContext(ctx context.Context, program string, options ...string) (*Server, error) {
	server := At("", "")
	if program != "" {
		server.program = program
	}
	said := &output{address: make(chan string, 1)}
	words := append([]string{"serve", "--port", "0", "--until-stdin-closes"}, options...)
	server.command = exec.CommandContext(ctx, server.program, words...)
	// Its address is what is waited for.
	server.command.Env = append(os.Environ(), "VIDMOCK_QUIET=0")
	server.command.Stdout, server.command.Stderr = said, said
	// The pipe is closed with this process, also where that is killed, and by Wait.
	if _, err := server.command.StdinPipe(); err != nil {
		return nil, err
	}
	if err := server.command.Start(); err != nil {
		return nil, missing(server.program, err)
	}
	server.ended = make(chan struct{})
	go func() {
		_ = server.command.Wait()
		close(server.ended)
	}()
	select {
	case server.URL = <-said.address:
	case <-server.ended:
		return nil, fmt.Errorf("vidmock serve has ended: %s", said)
	case <-time.After(patience):
		server.Close()
		return nil, fmt.Errorf("vidmock serve has not said its address for %s: %s", patience, said)
	}
	if _, err := server.Control("GET", "/health", nil); err != nil {
		server.Close()
		return nil, err
	}
	return server, nil
}

// At is the server at this address, which Close leaves alone. A container asks for a token, others for "".
func At(url, token string) *Server {
	program := os.Getenv("VIDMOCK_COMMAND")
	if program == "" {
		program = "vidmock"
	}
	client := &http.Client{Transport: &http.Transport{Proxy: nil}, Timeout: patience}
	return &Server{URL: strings.TrimRight(url, "/"), program: program, token: token, client: client}
}

// Env is what leads a program that a test starts to this server, as exec.Cmd takes it behind os.Environ(); options are
// those of `vidmock env`.
func (s *Server) Env(options ...string) ([]string, error) {
	command := exec.Command(s.program, append([]string{"env", "--shell", "json", "--url", s.URL}, options...)...)
	var wrong bytes.Buffer
	command.Stderr = &wrong
	said, err := command.Output()
	if _, ran := err.(*exec.ExitError); ran {
		return nil, fmt.Errorf("vidmock env: %s", strings.TrimSpace(wrong.String()))
	}
	if err != nil {
		return nil, missing(s.program, err)
	}
	var members map[string]string
	if err := json.Unmarshal(said, &members); err != nil {
		return nil, fmt.Errorf("vidmock env: %w", err)
	}
	var lines []string
	for name, value := range members {
		lines = append(lines, name+"="+value)
	}
	return lines, nil
}

// Reset forgets all jobs, faults and files, of every key.
func (s *Server) Reset() error {
	_, err := s.Control("POST", "/worlds/reset", nil)
	return err
}

// Advance lets time pass, for every key. What is due by then has happened when it returns.
func (s *Server) Advance(by time.Duration) error {
	_, err := s.Control("POST", "/clock/advance", map[string]float64{"by": by.Seconds()})
	return err
}

// Control asks the control API (docs/control.md): Control("PUT", "/clock?key=a", map[string]string{"mode": "manual"}).
func (s *Server) Control(method, path string, body any) ([]byte, error) {
	content, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		content = nil
	}
	request, err := http.NewRequest(method, s.URL+"/_vidmock"+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	request.Header.Set("content-type", "application/json")
	if s.token != "" {
		request.Header.Set("x-vidmock-token", s.token)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %d: %s", method, path, answer.StatusCode, text)
	}
	return text, err
}

// Close ends the server, if it was started here, and waits until it is gone.
func (s *Server) Close() {
	s.client.CloseIdleConnections()
	if s.command == nil {
		return
	}
	// Windows has no such signal.
	if s.command.Process.Signal(syscall.SIGTERM) != nil {
		_ = s.command.Process.Kill()
	}
	select {
	case <-s.ended:
	case <-time.After(goodbye):
		_ = s.command.Process.Kill()
		// A program that it has started may still hold the pipe.
		select {
		case <-s.ended:
		case <-time.After(goodbye):
		}
	}
}

func missing(program string, err error) error {
	return fmt.Errorf("%s cannot be started (%w): type export VIDMOCK_COMMAND=/path/to/vidmock", program, err)
}

var address = regexp.MustCompile(`(?m)^vidmock is at (http://\S+)[^\n]*\n`)

// output takes all that the server says, and keeps what it says before its address.
type output struct {
	lock    sync.Mutex
	said    []byte
	known   bool
	address chan string
}

func (o *output) Write(text []byte) (int, error) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if !o.known && len(o.said) < 1<<16 {
		o.said = append(o.said, text...)
		if found := address.FindSubmatch(o.said); found != nil {
			o.known = true
			o.address <- string(found[1])
		}
	}
	return len(text), nil
}

func (o *output) String() string {
	o.lock.Lock()
	defer o.lock.Unlock()
	return strings.TrimSpace(string(o.said))
}
