// RunPod's SDK for Go, as it is, by its call that waits: vidmock check --command "go run runpod_sdk.go" --provider runpod
// --lacks cancels --lacks downloads --lacks request_timeout
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/runpod/go-sdk/pkg/sdk"
	"github.com/runpod/go-sdk/pkg/sdk/config"
	"github.com/runpod/go-sdk/pkg/sdk/endpoint"
)

type object = map[string]any

func generate(call object) object {
	key, model, url := call["api_key"].(string), call["model"].(string), call["base_url"].(string)
	made, _ := endpoint.New(&config.Config{ApiKey: &key}, &endpoint.Option{EndpointId: &model, EndpointUrl: &url})
	job := &endpoint.JobInput{Input: call["input"].(object)}
	told, err := made.RunSync(&endpoint.RunSyncInput{JobInput: job, Timeout: sdk.Int(int(call["deadline"].(float64)))})
	var known struct {
		Id     any `json:"id"`
		Error  any `json:"error"`
		Status any `json:"status"`
		Output struct{ Result, Video_url, Cost any }
	}
	text, _ := json.Marshal(told)
	json.Unmarshal(text, &known)
	video := known.Output.Result
	if video == nil {
		video = known.Output.Video_url
	}
	if err == nil && known.Status == "COMPLETED" && video != nil {
		return object{"job": known.Id, "videos": []any{video}, "cost": known.Output.Cost}
	}
	said := object{"text": fmt.Sprint(err, " ", string(text))}
	if known.Id != nil {
		said["job"] = known.Id
	}
	return object{"error": said}
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
