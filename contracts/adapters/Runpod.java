// A short client of RunPod: vidmock check --command "java -cp gson.jar Runpod.java" --provider runpod --lacks downloads
import com.google.gson.*;
import java.net.URI;
import java.net.http.*;
import java.time.Duration;
import java.util.*;

public class Runpod {
    static final HttpClient http = HttpClient.newHttpClient();

    static JsonObject post(JsonObject call, String path, String body) throws Exception {
        var url = call.get("base_url").getAsString() + "/" + call.get("model").getAsString() + "/" + path;
        var timeout = Duration.ofMillis((long) (1000 * call.get("request_timeout").getAsDouble()));
        var request = HttpRequest.newBuilder(URI.create(url)).timeout(timeout)
            .header("authorization", "Bearer " + call.get("api_key").getAsString())
            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        return JsonParser.parseString(http.send(request, HttpResponse.BodyHandlers.ofString()).body()).getAsJsonObject();
    }

    static Map<String, ?> generate(JsonObject call) throws Exception {
        var started = post(call, "run", "{\"input\": " + call.get("input") + "}");
        if (!started.has("id")) return Map.of("error", Map.of("text", started.toString()));
        var job = started.get("id").getAsString();
        for (var ends = System.nanoTime() + 1e9 * call.get("deadline").getAsDouble(); System.nanoTime() < ends; Thread.sleep(1000)) {
            var told = post(call, "status/" + job, "");
            var state = told.get("status").getAsString();
            if (state.equals("COMPLETED"))
                return Map.of("job", job, "videos", List.of(told.getAsJsonObject("output").get("result").getAsString()));
            if (Set.of("FAILED", "CANCELLED", "TIMED_OUT").contains(state))
                return Map.of("error", Map.of("text", told.toString(), "job", job));
        }
        post(call, "cancel/" + job, "");
        return Map.of("error", Map.of("text", "no result in time", "job", job));
    }

    public static void main(String[] words) {
        for (var lines = new Scanner(System.in); lines.hasNextLine(); ) {
            var call = JsonParser.parseString(lines.nextLine()).getAsJsonObject();
            var answer = new HashMap<String, Object>(Map.of("id", call.get("id").getAsString()));
            try {
                answer.putAll(generate(call));
            } catch (Exception error) {
                answer.put("error", Map.of("type", error.getClass().getSimpleName(), "text", String.valueOf(error.getMessage())));
            }
            System.out.println(call.get("token").getAsString() + " " + new Gson().toJson(answer));
        }
    }
}
