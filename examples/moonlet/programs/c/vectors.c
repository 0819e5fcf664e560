#include "common.h"
typedef struct { double x, y, z; } V;
static V add(V a, V b) { return (V){a.x + b.x, a.y + b.y, a.z + b.z}; }
static V sub(V a, V b) { return (V){a.x - b.x, a.y - b.y, a.z - b.z}; }
static V scale(V a, double s) { return (V){a.x * s, a.y * s, a.z * s}; }
static double dot(V a, V b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
int main(int argc, char **argv) {
  I N = ARGN(600000), bounces = 0;
  V at[3], speed[3], pull = {0.0, -0.01, 0.0}, last = {0, 0, 0};
  for (int i = 0; i < 3; i++) {
    at[i] = (V){0.1 * (i + 1), 0.2, -0.1 * (i + 1)};
    speed[i] = (V){0.3, 0.1 * (i + 1), 0.2};
  }
  for (I i = 1; i <= N; i++) {
    int k = i % 3;
    V s = add(speed[k], scale(pull, 0.1)), p = add(at[k], scale(s, 0.05));
    double from_centre = dot(p, p);
    if (from_centre > 1.0 && dot(p, s) > 0.0) {
      V normal = scale(p, 1.0 / sqrt(from_centre));
      s = sub(s, scale(normal, 2.0 * dot(s, normal)));
      bounces++; last = normal;
    }
    at[k] = p; speed[k] = s;
  }
  double energy = 0.0;
  for (int i = 0; i < 3; i++) energy += dot(speed[i], speed[i]);
  printf("%lld\t%.9f %.9f\n", bounces, energy, last.x + last.y + last.z);
}
