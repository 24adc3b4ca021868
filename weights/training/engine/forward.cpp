// Segments of given inputs, for the parity test.
// usage: forward CONFIG… < INPUT > OUTPUT
// CONFIG: hidden inner positions vocab h_layers l_layers h_cycles l_cycles learned samples
// INPUT: parameters, z_H, z_L (f32), tokens (i32). OUTPUT: logits, q, z_H, z_L of one segment (f32).
#include "engine.hpp"
#include <cstdio>

extern "C" {
Engine* engine_new(const Config*);
void engine_free(Engine*);
size_t engine_params(const Engine*);
void engine_load(Engine*, const float*);
void engine_segment(Engine*, const Batch*, float*);
}

int main(int argc, char** argv) {
    if (argc != 11) return std::fprintf(stderr, "usage: forward HIDDEN INNER POSITIONS VOCAB H_LAYERS L_LAYERS H_CYCLES L_CYCLES LEARNED SAMPLES\n"), 2;
    int v[10];
    for (int i = 0; i < 10; i++) v[i] = std::atoi(argv[i + 1]);
    const Config c{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], 1, !v[8], v[8], 1, 4, 2};
    const size_t n = v[9], cells = n * (c.positions - 1), state = n * c.positions * c.hidden;
    Engine* e = engine_new(&c);
    std::vector<float> params(engine_params(e)), zh(state), zl(state), logits(cells * c.vocab), q(2 * n);
    std::vector<int> tokens(cells);
    std::vector<uint8_t> pred(cells);
    auto in = [](auto& v) { return std::fread(v.data(), sizeof v[0], v.size(), stdin) == v.size(); };
    if (!in(params) || !in(zh) || !in(zl) || !in(tokens) || std::getchar() != EOF) return std::fprintf(stderr, "the input does not fit the configuration\n"), 1;
    engine_load(e, params.data());
    Batch b{};
    b.n = n, b.tokens = tokens.data(), b.zh = zh.data(), b.zl = zl.data(), b.q = q.data(), b.pred = pred.data(), b.logits = logits.data();
    engine_segment(e, &b, nullptr);
    for (auto* out : {&logits, &q, &zh, &zl}) std::fwrite(out->data(), sizeof(float), out->size(), stdout);
    engine_free(e);
}
