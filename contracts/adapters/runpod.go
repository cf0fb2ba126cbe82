// A short client of RunPod: vidmock check --command "go run runpod.go" --provider runpod --lacks downloads
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

type object = map[string]any

func post(call object, path string, body object) (told object, err error) {
	sent, _ := json.Marshal(body)
	request, _ := http.NewRequest("POST", fmt.Sprintf("%s/%s/%s", call["base_url"], call["model"], path), bytes.NewReader(sent))
	request.Header.Set("Authorization", fmt.Sprint("Bearer ", call["api_key"]))
	client := http.Client{Timeout: time.Duration(call["request_timeout"].(float64) * 1e9)}
	response, err := client.Do(request)
	if err == nil {
		defer response.Body.Close()
		err = json.NewDecoder(response.Body).Decode(&told)
	}
	return told, err
}

func generate(call object) object {
	started, err := post(call, "run", object{"input": call["input"]})
	job := started["id"]
	if err != nil || job == nil {
		return object{"error": object{"text": fmt.Sprint(err, started)}}
	}
	for ends := time.Now().Add(time.Duration(call["deadline"].(float64) * 1e9)); time.Now().Before(ends); time.Sleep(time.Second) {
		told, err := post(call, fmt.Sprint("status/", job), nil)
		switch told["status"] {
		case "COMPLETED":
			return object{"job": job, "videos": []any{told["output"].(object)["result"]}}
		case "FAILED", "CANCELLED", "TIMED_OUT":
			return object{"error": object{"text": fmt.Sprint(err, told), "job": job}}
		}
	}
	post(call, fmt.Sprint("cancel/", job), nil)
	return object{"error": object{"text": "no result in time", "job": job}}
}

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var call object
		json.Unmarshal(lines.Bytes(), &call)
		answer := generate(call)
		answer["id"] = call["id"]
		said, _ := json.Marshal(answer)
		fmt.Println(call["token"], string(said))
	}
}
