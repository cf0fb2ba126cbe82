import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a video at RunPod with the JDK's own client as it is by default, and prints where it is and its bytes.
 *
 * <p>The argument is the endpoint's URL: {@code java Job.java http://127.0.0.1:8787/runpod/v2/kling-video-o1-r2v}. By
 * default it is RunPod's own.
 */
public class Job {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String KEY = System.getenv().getOrDefault("RUNPOD_API_KEY", "any");

  public static void main(String[] arguments) throws Exception {
    String endpoint = arguments.length > 0 ? arguments[0] : "https://api.runpod.ai/v2/kling-video-o1-r2v";
    String body = "{\"input\": {\"prompt\": \"a kite\", \"images\": [\"https://pictures.example/kite.png\"]}}";
    HttpRequest.Builder submit = HttpRequest.newBuilder(URI.create(endpoint + "/run"));
    submit.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
    String answer = ask(submit);
    URI status = URI.create(endpoint + "/status/" + field(answer, "id"));
    while (!field(answer, "status").equals("COMPLETED")) {
      if (field(answer, "status").equals("FAILED")) {
        throw new IllegalStateException(answer);
      }
      Thread.sleep(50);
      answer = ask(HttpRequest.newBuilder(status));
    }
    URI video = URI.create(field(answer, "video_url"));
    HttpResponse<byte[]> file =
        CLIENT.send(HttpRequest.newBuilder(video).build(), HttpResponse.BodyHandlers.ofByteArray());
    System.out.println(video + " " + file.statusCode() + " " + file.body().length + " " + file.version());
  }

  private static String ask(HttpRequest.Builder request) throws Exception {
    request.header("Authorization", "Bearer " + KEY);
    HttpResponse<String> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(answer.statusCode() + " " + answer.body());
    }
    return answer.body();
  }

  private static String field(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\":\\s*\"([^\"]+)\"").matcher(json);
    if (!found.find()) {
      throw new IllegalStateException("no " + name + " in " + json);
    }
    return found.group(1);
  }
}
