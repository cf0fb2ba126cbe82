<?php
// Makes a video at RunPod's own address with PHP's streams and with its curl, and asks a host that is not emulated.
function ask(string $url, string $body): array
{
    $headers = "Content-Type: application/json\r\nAuthorization: Bearer php\r\n";
    $options = ['method' => 'POST', 'header' => $headers, 'content' => $body, 'ignore_errors' => true];
    return json_decode(file_get_contents($url, false, stream_context_create(['http' => $options])), true);
}

$input = ['prompt' => 'a kite', 'images' => ['https://pictures.example/kite.png']];
$answer = ask('https://api.runpod.ai/v2/kling-video-o1-r2v/runsync', json_encode(['input' => $input]));
$url = $answer['output']['video_url'];
$video = file_get_contents($url);
echo $url, ' ', strlen($video), "\n";
echo function_exists('http_get_last_response_headers') ? http_get_last_response_headers()[0] : $http_response_header[0], "\n";

$stream = fopen($url, 'r');
stream_set_timeout($stream, 60);
echo md5(stream_get_contents($stream)) === md5($video) ? 'the same' : 'another', ' ', fstat($stream) === false ? '' : 'file', "\n";
fclose($stream);

$curl = curl_init($url);
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
echo strlen(curl_exec($curl)) === strlen($video) ? 'curl as well' : curl_error($curl), "\n";

echo file_get_contents(getenv('VIDMOCK_URL') . '/') === false ? 'refused' : 'this machine is asked without the proxy', "\n";
echo @file_get_contents('https://example.com/') === false ? 'refused' : 'let through', "\n";
